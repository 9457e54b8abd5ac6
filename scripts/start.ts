/**
 * `npm start`: serves the budget on this machine, its state kept in the project's folder, makes secrets for it on the
 * first run, and prints what to call it with.
 */
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { ensureDevSecrets } from "./dev-secrets.ts";
import { startDevServer } from "./dev-server.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const text = { type: "string" } as const;
const { values } = parseArgs({
  options: {
    port: { ...text, default: "8787" },
    state: { ...text, default: `${ROOT}.wrangler/state` },
    secrets: { ...text, default: `${ROOT}.dev.vars` },
  },
});

if (await isServing(`http://127.0.0.1:${values.port}`)) {
  console.error(`something serves port ${values.port} already: stop it, or choose another with npm start -- --port N`);
  process.exit(1);
}

const secretsFile = resolve(values.secrets);
const { ADMIN_TOKEN } = ensureDevSecrets(secretsFile);
const server = await startDevServer({
  configs: [`${ROOT}wrangler.toml`],
  port: Number(values.port),
  stateDir: resolve(values.state),
  secretsFile,
  watch: true,
});
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => server[Symbol.asyncDispose]().then(() => process.exit(0)));
}
console.log(`
edge-budget serves ${server.url}; what it counts is kept in ${values.state}, its secrets in ${values.secrets}.
Ask it whether a step may be taken:

  curl ${server.url}/v1/tenants/acme/allows-step -H 'authorization: Bearer ${ADMIN_TOKEN}' -H 'content-type: application/json' -d '{"user_id": "alice"}'

The reference is at ${server.url}/docs.
`);

async function isServing(url: string): Promise<boolean> {
  return fetch(`${url}/health`).then(
    (response) => response.ok,
    () => false,
  );
}
