/**
 * `npm run clocked`: serves the budget on this machine under a clock that each request sets with its header
 * `x-clock`, to show or replay in a minute what takes days. What it counts goes when it stops.
 */
import { parseArgs } from "node:util";
import { startWorkerd } from "../workerd.ts";

const { values } = parseArgs({ options: { port: { type: "string", default: "8789" } } });

const workerd = await startWorkerd({
  entry: new URL("./worker.ts", import.meta.url),
  durableObjects: { TENANT_BUDGET: "ClockedBudget" },
  port: Number(values.port),
});
console.log(
  `edge-budget serves ${workerd.url}; every call says when it is with x-clock, and the clock only goes forward`,
);
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => workerd.dispose().then(() => process.exit(0)));
}
