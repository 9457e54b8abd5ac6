import fc from "fast-check";
import { test } from "vitest";
import { cases, timeoutFor } from "../cases.ts";
import { attack } from "./attacks.ts";
import { BesiegedTenant } from "./besieged-tenant.ts";

const CASES = cases(20);

test("without configure or admin no caller reduces a total, lifts a block, keeps a report out, learns or hogs", {
  timeout: timeoutFor(CASES),
}, async () => {
  const property = fc.asyncProperty(fc.array(attack, { minLength: 1, maxLength: 8 }), async (attacks) => {
    const tenant = new BesiegedTenant();
    await tenant.prepare();
    for (const each of attacks) await tenant.suffer(each);
  });
  await fc.assert(property, { numRuns: CASES });
});
