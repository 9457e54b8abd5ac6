/**
 * `npm start`: serves the budget on this machine, with its state in the project's folder. On the first run it creates
 * secrets. It prints a command that calls the service.
 */
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { readArguments } from "./arguments.ts";
import { ensureDevSecrets } from "./dev-secrets.ts";
import { startDevServer } from "./dev-server.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const { values } = readArguments({
  usage: "npm start -- [options]",
  does: "Serves the budget on this machine, and reloads it when its source changes.",
  options: {
    port: { type: "number", sentence: "the loopback port to listen on", default: 8787, min: 1, max: 65_535 },
    state: {
      ...{ type: "text", value: "DIR", sentence: "where the budgets are stored" },
      ...{ default: `${ROOT}.wrangler/state`, shown: ".wrangler/state" },
    },
    secrets: {
      ...{ type: "text", value: "FILE", sentence: "where the secrets are; it is created if missing" },
      ...{ default: `${ROOT}.dev.vars`, shown: ".dev.vars" },
    },
  },
});

if (await isServing(`http://127.0.0.1:${values.port}`)) {
  console.error(`Port ${values.port} is in use: stop what serves it, or choose another with npm start -- --port N`);
  process.exit(1);
}

const secretsFile = resolve(values.secrets);
const { ADMIN_TOKEN } = ensureDevSecrets(secretsFile);
const server = await startDevServer({
  configs: [`${ROOT}wrangler.toml`],
  port: values.port,
  stateDir: resolve(values.state),
  secretsFile,
  watch: true,
});
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => server[Symbol.asyncDispose]().then(() => process.exit(0)));
}
console.log(`
edge-budget serves ${server.url}. Its state is in ${values.state}, its secrets are in ${values.secrets}.
Ask whether a step is allowed:

  curl ${server.url}/v1/tenants/acme/allows-step -H 'authorization: Bearer ${ADMIN_TOKEN}' -H 'content-type: application/json' -d '{"user_id": "alice"}'

The reference is at ${server.url}/docs.
`);

async function isServing(url: string): Promise<boolean> {
  return fetch(`${url}/health`).then(
    (response) => response.ok,
    () => false,
  );
}
