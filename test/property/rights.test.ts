/** Attacks by callers without the scope `configure` or `admin` on a tenant of others. */
import fc from "fast-check";
import { test } from "vitest";
import { cases, timeoutFor } from "../cases.ts";
import { AttackedTenant } from "./attacked-tenant.ts";
import { attack } from "./attacks.ts";

const CASES = cases(20);

test("without configure or admin, no caller lowers a total, unblocks, suppresses a report, reads of others or uses up their budget", {
  timeout: timeoutFor(CASES),
}, async () => {
  const property = fc.asyncProperty(fc.array(attack, { minLength: 1, maxLength: 8 }), async (attacks) => {
    const tenant = new AttackedTenant();
    await tenant.prepare();
    for (const each of attacks) await tenant.attack(each);
    await tenant.end();
  });
  await fc.assert(property, { numRuns: CASES });
});
