/**
 * `npm run audit -- TENANT`: proves that a tenant's ledger adds up to its totals, bucket by bucket.
 *
 * Exit code: 0 where it does, 1 where anything differs, 2 where it could not be found out.
 */
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { AuditResponse } from "../../src/wire/index.ts";
import { environmentWith } from "../selfhost/environment.ts";
import { auditReport } from "./report.ts";
import { RefusedError, TenantClient, UnansweredError } from "./tenant-client.ts";

const USAGE = `usage: npm run audit -- TENANT [--url URL] [--token TOKEN]

  --url URL       the service (default: http://127.0.0.1:8787)
  --token TOKEN   one with the scope admin (default: ADMIN_TOKEN of the environment, or of a file .dev.vars)`;

const DEV_VARS = fileURLToPath(new URL("../../.dev.vars", import.meta.url));

const { tenant, url, token } = readOptions();
try {
  const answer = await new TenantClient(url, tenant, token).call<AuditResponse>("POST", "/audit");
  console.log(auditReport(tenant, answer));
  process.exitCode = answer.ok ? 0 : 1;
} catch (error) {
  if (!(error instanceof UnansweredError || error instanceof RefusedError)) throw error;
  stop(error.message);
}

function readOptions() {
  const text = { type: "string" } as const;
  try {
    const { values, positionals } = parseArgs({ options: { url: text, token: text }, allowPositionals: true });
    const [tenant, ...others] = positionals;
    if (!tenant || others.length > 0) throw new Error("name one tenant");
    const { url = "http://127.0.0.1:8787", token = environmentWith(DEV_VARS).ADMIN_TOKEN } = values;
    if (!URL.canParse(url)) throw new Error("--url takes a URL");
    return { tenant, url, token };
  } catch (error) {
    return stop(`${(error as Error).message}\n\n${USAGE}`);
  }
}

function stop(message: string): never {
  console.error(message);
  process.exit(2);
}
