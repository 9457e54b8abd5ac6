/**
 * `npm run selfhost`: serves the built bundle with workerd alone, its state on local disk.
 *
 * Exit code: 0 where it was told to stop, 1 where it could not serve or ended by itself, 2 where an option is wrong or
 * a secret is missing.
 */
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { environmentWith } from "./environment.ts";
import { serveBundle } from "./serve-bundle.ts";
import { SECRETS } from "./workerd-config.ts";

const USAGE = `usage: npm run selfhost -- [options]

  --state DIR      where the budgets are kept (default: .selfhost)
  --port N         default: 8787
  --host ADDRESS   default: 127.0.0.1; 0.0.0.0 for every address of this machine
  --bundle DIR     what to serve (default: dist, where npm run build puts it)
  --help           prints this

ADMIN_TOKEN and TOKEN_SECRET are taken from the environment, or from a file .dev.vars.`;

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const { state, port, host, bundle } = readOptions();
const env = environmentWith(join(ROOT, ".dev.vars"));
const missing = SECRETS.filter((name) => !env[name]);
if (missing.length > 0) {
  stop(`${missing.join(" and ")} not set: each takes a secret, such as $(openssl rand -hex 32)\n\n${USAGE}`, 2);
}

const service = await serveBundle({
  bundleDir: bundle,
  stateDir: state,
  host,
  port,
  env,
  logs: "inherit",
}).catch((error: Error): never => stop(error.message, 1));
console.log(`edge-budget serves ${service.url}; what it counts is kept in ${state}`);

let toldToStop = false;
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    toldToStop = true;
    service[Symbol.asyncDispose]();
  });
}
await service.gone;
if (!toldToStop) stop("workerd ended by itself", 1);

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
