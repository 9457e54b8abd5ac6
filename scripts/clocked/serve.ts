/**
 * `npm run clocked`: serves the budget on this machine under a clock that each request sets with its header
 * `x-clock`, to show or replay in a minute what takes days. It stores nothing on disk. The operator's token is
 * `EDGE_BUDGET_TOKEN`, or a random one.
 */
import { readArguments } from "../arguments.ts";
import { newDevSecrets } from "../dev-secrets.ts";
import { startWorkerd } from "../workerd.ts";

const { values } = readArguments({
  usage: "npm run clocked -- [options]",
  does: "Serves the budget under a clock that each request sets with its header x-clock; stores nothing on disk.",
  options: {
    port: {
      type: "number",
      sentence: "the loopback port to listen on; 0 for a free one",
      default: 8789,
      min: 0,
      max: 65_535,
    },
  },
  notes: "The operator's token is EDGE_BUDGET_TOKEN of the environment, or a random one.",
});

const secrets = newDevSecrets();
const token = process.env.EDGE_BUDGET_TOKEN ?? secrets.ADMIN_TOKEN;
const workerd = await startWorkerd({
  entry: new URL("./worker.ts", import.meta.url),
  durableObjects: { TENANT_BUDGET: "ClockedBudget" },
  vars: { ...secrets, ADMIN_TOKEN: token },
  port: values.port,
});
console.log(
  `edge-budget serves ${workerd.url}. Send the time with each call in x-clock; it must not go backward.\n` +
    `authorization: Bearer ${token}`,
);
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => workerd.dispose().then(() => process.exit(0)));
}
