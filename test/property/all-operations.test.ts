import fc from "fast-check";
import { test } from "vitest";
import { cases, timeoutFor } from "../cases.ts";
import { useSetClock } from "../tenant/tenant.ts";
import { changing, idling } from "./bursts.ts";
import { TenantRun } from "./tenant-run.ts";

const CASES = cases(12);

useSetClock();

test.each([
  [
    "whatever comes in whatever order, once or twice, alone or at once, is answered as a simple model answers",
    changing,
  ],
  ["and so it is while buckets become idle", idling],
])("%s", { timeout: timeoutFor(CASES) }, async (_, worlds) => {
  const property = fc.asyncProperty(worlds, async ({ config, sent }) => {
    const run = new TenantRun(worlds === idling);
    await run.send([{ op: "configure", config, edit: {} }]);
    for (const { afterMs, befalls, batched, caller, steps } of sent) {
      await run.pass(afterMs, befalls);
      const made = steps.map((step) => run.operationOf(step));
      const again = made.filter((_, i) => steps[i]?.twice);
      await run.send([...made, ...again], caller, batched);
    }
    await run.end();
  });
  await fc.assert(property, { numRuns: CASES, unbiased: true });
});
