/**
 * `npm run audit -- TENANT`: checks that a tenant's ledger adds up to its totals, bucket by bucket.
 *
 * Exit code: 0 if it does, 1 if anything differs, 2 if the audit cannot be made.
 */
import { fileURLToPath } from "node:url";
import { BudgetClient, CallError } from "../../src/client/index.ts";
import type { AuditResponse } from "../../src/wire/index.ts";
import { readArguments } from "../arguments.ts";
import { environmentWith } from "../selfhost/environment.ts";
import { auditReport } from "./report.ts";

const DEV_VARS = fileURLToPath(new URL("../../.dev.vars", import.meta.url));

const { values, operands } = readArguments({
  usage: "npm run audit -- TENANT [options]",
  does: "Checks that a tenant's ledger adds up to its totals, bucket by bucket.",
  operands: { name: "TENANT", sentence: "the tenant to audit", min: 1, max: 1 },
  options: {
    url: { type: "url", sentence: "the service", default: "http://127.0.0.1:8787" },
    token: {
      ...{ type: "text", value: "TOKEN", sentence: "a token with the scope admin" },
      ...{ default: environmentWith(DEV_VARS).ADMIN_TOKEN, shown: "ADMIN_TOKEN of the environment or of .dev.vars" },
    },
  },
});
const [tenant = ""] = operands;
try {
  const answer = await new BudgetClient({ ...values, tenant }).call<AuditResponse>("POST", "/audit");
  console.log(auditReport(tenant, answer));
  process.exitCode = answer.ok ? 0 : 1;
} catch (error) {
  if (!(error instanceof CallError)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}
