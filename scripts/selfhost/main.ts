/**
 * `npm run selfhost`: serves the built bundle with workerd alone, its state on local disk.
 *
 * Exit code: 0 after SIGINT or SIGTERM, 1 if it cannot serve or workerd exits by itself, 2 if an option or a setting is
 * wrong or missing.
 */
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { type Command, helpOf, readArguments } from "../arguments.ts";
import { buildBundle } from "./build-bundle.ts";
import { environmentWith } from "./environment.ts";
import { type Service, serveBundle } from "./serve-bundle.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const COMMAND = {
  usage: "npm run selfhost -- [options]",
  does: "Serves the built bundle with workerd alone, its state on local disk.",
  options: {
    state: {
      ...{ type: "text", value: "DIR", sentence: "where the budgets are stored; other users cannot read the folder" },
      ...{ default: join(ROOT, ".selfhost"), shown: ".selfhost" },
    },
    port: { type: "number", sentence: "the port to listen on; 0 for a free one", default: 8787, min: 0, max: 65_535 },
    host: {
      ...{ type: "text", value: "ADDRESS", sentence: "the address to listen on; 0.0.0.0 for all of this machine" },
      default: "127.0.0.1",
    },
    bundle: {
      ...{ type: "text", value: "DIR", sentence: "the bundle to serve" },
      ...{ default: join(ROOT, "dist"), shown: "dist, where npm run build puts it" },
    },
    build: { type: "flag", sentence: "build the bundle first, as npm run selfhost does" },
  },
  notes: `The secrets are read from the environment, or from a file .dev.vars. The [vars] of wrangler.toml can be overridden in the
environment:

  ADMIN_TOKEN=$(openssl rand -hex 32) TOKEN_SECRET=1:$(openssl rand -hex 32) npm run selfhost`,
} as const satisfies Command;

const { values } = readArguments(COMMAND);
const [state, bundle] = [resolve(values.state), resolve(values.bundle)];
if (values.build) await buildBundle(bundle).catch((error: Error): never => stop(error.message, 1));
const service = await serveBundle({
  bundleDir: bundle,
  stateDir: state,
  host: values.host,
  port: values.port,
  env: environmentWith(join(ROOT, ".dev.vars")),
  logs: "inherit",
}).catch((error: Error): never => stop(error.message, 1));
const complaint = await complaintOf(service);
if (complaint) {
  await service.kill("SIGTERM");
  stop(`${complaint}\n\n${helpOf(COMMAND)}`, 2);
}
let isStopping = false;
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    isStopping = true;
    service[Symbol.asyncDispose]();
  });
}
// Last: whoever reads this may send a signal at once.
console.log(`edge-budget serves ${service.url}; its state is in ${state}`);
await service.gone;
if (!isStopping) stop("workerd exited by itself", 1);

/** What the service reports as missing or wrong in its settings. */
async function complaintOf({ url }: Service): Promise<string | undefined> {
  const answer = await fetch(`${url}/v1/tenants/selfhost/tenant/usage`);
  const { code, detail } = (await answer.json()) as { code?: string; detail?: string };
  return code === "not_configured" ? detail : undefined;
}

function stop(message: string, code: 1 | 2): never {
  console.error(message);
  process.exit(code);
}
