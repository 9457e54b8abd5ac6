/** All operations together, in any order, against the model of a tenant. */
import fc from "fast-check";
import { test } from "vitest";
import { cases, timeoutFor } from "../cases.ts";
import { useSetClock } from "../tenant/tenant.ts";
import { anyBursts, idleBursts } from "./bursts.ts";
import { TenantRun } from "./tenant-run.ts";

const CASES = cases(12);

useSetClock();

test.each([
  ["operations in any order, repeated or concurrent, are answered as the model answers them", anyBursts],
  ["operations are answered as the model answers them while buckets become idle", idleBursts],
])("%s", { timeout: timeoutFor(CASES) }, async (_, worlds) => {
  const property = fc.asyncProperty(worlds, async ({ config, bursts }) => {
    const run = new TenantRun(worlds === idleBursts);
    await run.send([{ op: "configure", config, edit: {} }]);
    for (const { afterMs, event, batched, caller, steps } of bursts) {
      await run.pass(afterMs, event);
      const operations = steps.map((step) => run.operationOf(step));
      const repeated = operations.filter((_, i) => steps[i]?.twice);
      await run.send([...operations, ...repeated], caller, batched);
    }
    await run.end();
  });
  await fc.assert(property, { numRuns: CASES, unbiased: true });
});
