/**
 * `npm run selfhost`: serves the built bundle with workerd alone, its state on local disk.
 *
 * Exit code: 0 where it was told to stop, 1 where it could not serve or ended by itself, 2 where an option is wrong or
 * a setting is missing or wrong.
 */
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { environmentWith } from "./environment.ts";
import { type Service, serveBundle } from "./serve-bundle.ts";

const USAGE = `usage: npm run selfhost -- [options]

  --state DIR      where the budgets are kept (default: .selfhost); the folder is closed to other users
  --port N         default: 8787
  --host ADDRESS   default: 127.0.0.1; 0.0.0.0 for every address of this machine
  --bundle DIR     what to serve (default: dist, where npm run build puts it)
  --help           prints this

Its secrets are taken from the environment, else from a file .dev.vars, and each of the [vars] of wrangler.toml from the
environment:

  ADMIN_TOKEN=$(openssl rand -hex 32) TOKEN_SECRET=1:$(openssl rand -hex 32) npm run selfhost`;

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const { state, port, host, bundle } = readOptions();
const service = await serveBundle({
  bundleDir: bundle,
  stateDir: state,
  host,
  port,
  env: environmentWith(join(ROOT, ".dev.vars")),
  logs: "inherit",
}).catch((error: Error): never => stop(error.message, 1));
const complaint = await complaintOf(service);
if (complaint) {
  await service.kill("SIGTERM");
  stop(`${complaint}\n\n${USAGE}`, 2);
}
let toldToStop = false;
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    toldToStop = true;
    service[Symbol.asyncDispose]();
  });
}
// Last: whoever reads this may send a signal at once.
console.log(`edge-budget serves ${service.url}; what it counts is kept in ${state}`);
await service.gone;
if (!toldToStop) stop("workerd ended by itself", 1);

/** What the service itself finds missing or wrong in its settings. */
async function complaintOf({ url }: Service): Promise<string | undefined> {
  const answer = await fetch(`${url}/v1/tenants/selfhost/tenant/usage`);
  const { code, detail } = (await answer.json()) as { code?: string; detail?: string };
  return code === "not_configured" ? detail : undefined;
}

function readOptions() {
  const text = { type: "string" } as const;
  try {
    const { values } = parseArgs({
      options: { state: text, port: text, host: text, bundle: text, help: { type: "boolean" } },
    });
    if (values.help) stop(USAGE, 0);
    const port = Number(values.port ?? 8787);
    if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new Error("--port takes a number from 0 to 65535");
    return {
      state: resolve(values.state ?? join(ROOT, ".selfhost")),
      port,
      host: values.host ?? "127.0.0.1",
      bundle: resolve(values.bundle ?? join(ROOT, "dist")),
    };
  } catch (error) {
    return stop(`${(error as Error).message}\n\n${USAGE}`, 2);
  }
}

function stop(message: string, code: number): never {
  (code === 0 ? console.log : console.error)(message);
  process.exit(code);
}
