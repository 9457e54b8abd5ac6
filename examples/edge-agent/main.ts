/** `npm run example:edge-agent`: starts the agent's Worker, and beside it the budget that it is bound to. */
import { fileURLToPath } from "node:url";
import { readArguments } from "../../scripts/arguments.ts";
import { ensureDevSecrets } from "../../scripts/dev-secrets.ts";
import { startDevServer } from "../../scripts/dev-server.ts";

readArguments({
  usage: "npm run example:edge-agent",
  does: "Starts the agent's Worker on port 8788, and beside it the budget that it is bound to.",
  options: {},
});
const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const secretsFile = `${ROOT}.dev.vars`;
ensureDevSecrets(secretsFile);
const server = await startDevServer({
  configs: [`${ROOT}examples/edge-agent/wrangler.toml`, `${ROOT}wrangler.toml`],
  port: 8788,
  stateDir: `${ROOT}examples/edge-agent/.wrangler/state`,
  secretsFile,
  watch: true,
});
console.log(`The agent is at ${server.url}. The budget's state is in examples/edge-agent/.wrangler/state.`);
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => server[Symbol.asyncDispose]().then(() => process.exit(0)));
}
