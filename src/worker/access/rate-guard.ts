/** Rate limits for tokens and tenants. */
import { BudgetError } from "../../wire/index.ts";
import type { Grant } from "./grant.ts";
import { OperationMeter } from "./operation-meter.ts";

/** The limits of operations in this isolate, and the platform's counters of calls. A self-hosted service can have none. */
export type RateEnv = Partial<
  Pick<Cloudflare.Env, "TENANT_RATE" | "TOKEN_RATE" | "TENANT_OPERATIONS" | "TOKEN_OPERATIONS">
>;

/** The platform's counter adds one each time, so it is called once for this many operations: 20 times for a thousand. */
const OPERATIONS_PER_CALL = 50;

let meters: { readonly settings: string; readonly ofToken?: OperationMeter; readonly ofTenant?: OperationMeter } = {
  settings: "",
};

/**
 * Limits the operations of a token, and then of its tenant, before they reach the tenant's object and cost anything.
 * Two counters apply to each. A meter in this isolate counts every operation, so that no isolate exceeds the limit. The
 * platform's counter, which all isolates in a location share, counts calls, and a batch as several. If the platform's
 * counter fails, the call is let through.
 *
 * @throws BudgetError `rate_limited` if the token or the tenant has too many operations
 */
export async function guardRate(env: RateEnv, { tenant, jti, user }: Grant, operations = 1): Promise<void> {
  const token = JSON.stringify([tenant, jti ?? user ?? null]);
  const nowMs = Date.now();
  const { ofToken, ofTenant } = metersOf(env);
  if (ofToken?.isWithin(token, operations, nowMs) === false) throw tooMany("this token", ofToken, operations);
  if (ofTenant?.isWithin(tenant, operations, nowMs) === false) throw tooMany("this tenant", ofTenant, operations);
  ofToken?.count(token, operations, nowMs);
  ofTenant?.count(tenant, operations, nowMs);
  const calls = Math.ceil(operations / OPERATIONS_PER_CALL);
  if (!(await isWithin(env.TOKEN_RATE, token, calls))) throw rateLimited("too many calls with this token");
  // Calls refused for the token are not counted for its tenant: one token must not use up the tenant's rate.
  if (!(await isWithin(env.TENANT_RATE, tenant, calls))) {
    throw rateLimited("too many calls with this tenant's tokens");
  }
}

/** The isolate's meters, which are replaced if their settings change. */
function metersOf({ TOKEN_OPERATIONS = "", TENANT_OPERATIONS = "" }: RateEnv): typeof meters {
  const settings = `${TOKEN_OPERATIONS},${TENANT_OPERATIONS}`;
  if (meters.settings !== settings) {
    const ofToken = meterOf("TOKEN_OPERATIONS", TOKEN_OPERATIONS);
    const ofTenant = meterOf("TENANT_OPERATIONS", TENANT_OPERATIONS);
    meters = { settings, ...(ofToken && { ofToken }), ...(ofTenant && { ofTenant }) };
  }
  return meters;
}

function meterOf(name: string, max: string): OperationMeter | undefined {
  if (max === "") return undefined;
  if (/^[1-9]\d{0,8}$/.test(max)) return new OperationMeter(Number(max));
  const detail = `${name} is not valid: it takes a whole number of operations in 10 seconds, or nothing`;
  throw new BudgetError({ code: "not_configured", detail });
}

async function isWithin(counter: RateLimit | undefined, key: string, calls: number): Promise<boolean> {
  if (counter === undefined) return true;
  try {
    const outcomes = await Promise.all(Array.from({ length: calls }, () => counter.limit({ key })));
    return outcomes.every(({ success }) => success);
  } catch (error) {
    console.error(error);
    return true;
  }
}

function tooMany(who: string, { max }: OperationMeter, operations: number): BudgetError {
  return rateLimited(
    operations > max
      ? `a batch of ${operations} operations is more than the ${max} that ${who} can send in 10 seconds: split it`
      : `${who} has sent more than ${max} operations in 10 seconds`,
  );
}

function rateLimited(detail: string): BudgetError {
  return new BudgetError({ code: "rate_limited", detail });
}
