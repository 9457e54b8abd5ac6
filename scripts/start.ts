/**
 * `npm start`: serves the budget on this machine with `wrangler dev`, its state kept in the project's folder, makes
 * secrets for it on the first run, and prints what to call it with.
 */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { ensureDevSecrets } from "./dev-secrets.ts";

const { values } = parseArgs({ options: { port: { type: "string", default: "8787" } } });
const url = `http://127.0.0.1:${values.port}`;

if (await isServing()) {
  console.error(`something serves ${url} already: stop it, or choose another port with npm start -- --port N`);
  process.exit(1);
}

const root = fileURLToPath(new URL("..", import.meta.url));
const { ADMIN_TOKEN } = ensureDevSecrets(`${root}.dev.vars`);
const args = [
  "dev",
  "--ip",
  "127.0.0.1",
  "--port",
  values.port,
  "--log-level",
  "warn",
  "--show-interactive-dev-session=false",
];
const server = spawn(process.execPath, [`${root}node_modules/wrangler/bin/wrangler.js`, ...args], {
  cwd: root,
  // Neither telemetry nor a look-up of the request's location: it starts the same without a network.
  env: { ...process.env, WRANGLER_SEND_METRICS: "false", CLOUDFLARE_CF_FETCH_ENABLED: "false" },
  stdio: "inherit",
});
server.on("exit", (code, signal) => process.exit(signal ? 1 : (code ?? 1)));
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => server.kill(signal));

while (!(await isServing())) await new Promise((resolve) => setTimeout(resolve, 100));
console.log(`
edge-budget serves ${url}; what it counts is kept in .wrangler/state, its secrets in .dev.vars.
Ask it whether a step may be taken:

  curl ${url}/v1/tenants/acme/allows-step -H 'authorization: Bearer ${ADMIN_TOKEN}' -H 'content-type: application/json' -d '{"user_id": "alice"}'

The reference is at ${url}/docs.
`);

async function isServing(): Promise<boolean> {
  return fetch(`${url}/health`).then(
    (response) => response.ok,
    () => false,
  );
}
