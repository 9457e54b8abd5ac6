/**
 * `npm run clocked`: serves the budget on this machine under a clock that each request sets with its header
 * `x-clock`, to show or replay in a minute what takes days. What it counts goes when it stops. Its operator's token is
 * `EDGE_BUDGET_TOKEN`, or one that it makes.
 */
import { parseArgs } from "node:util";
import { newDevSecrets } from "../dev-secrets.ts";
import { startWorkerd } from "../workerd.ts";

const { values } = parseArgs({ options: { port: { type: "string", default: "8789" } } });

const secrets = newDevSecrets();
const token = process.env.EDGE_BUDGET_TOKEN ?? secrets.ADMIN_TOKEN;
const workerd = await startWorkerd({
  entry: new URL("./worker.ts", import.meta.url),
  durableObjects: { TENANT_BUDGET: "ClockedBudget" },
  vars: { ...secrets, ADMIN_TOKEN: token },
  port: Number(values.port),
});
console.log(
  `edge-budget serves ${workerd.url}; every call says when it is with x-clock, and the clock only goes forward\n` +
    `authorization: Bearer ${token}`,
);
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => workerd.dispose().then(() => process.exit(0)));
}
