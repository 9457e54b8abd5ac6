import { env } from "cloudflare:workers";
import fc from "fast-check";
import { test } from "vitest";
import { attack } from "./attacks.ts";
import { BesiegedTenant } from "./besieged-tenant.ts";

/** `RIGHTS_CASES=10000 npx vitest run test/property/rights.test.ts` tries ten thousand. */
const CASES = Number((env as unknown as { RIGHTS_CASES: string }).RIGHTS_CASES || 200);

test("without configure or admin no caller reduces a total, lifts a block, keeps a report out, learns or hogs", {
  timeout: 20_000 + CASES * 500,
}, async () => {
  const property = fc.asyncProperty(fc.array(attack, { minLength: 1, maxLength: 8 }), async (attacks) => {
    const tenant = new BesiegedTenant();
    await tenant.prepare();
    for (const each of attacks) await tenant.suffer(each);
  });
  await fc.assert(property, { numRuns: CASES });
});
