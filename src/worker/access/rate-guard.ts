import { BudgetError } from "../../wire/index.ts";
import type { Grant } from "./grant.ts";
import { OperationMeter } from "./operation-meter.ts";

/** What counts operations, in this isolate, and calls, in each place of the network. A host of one's own may have none. */
export type RateEnv = Partial<
  Pick<Cloudflare.Env, "TENANT_RATE" | "TOKEN_RATE" | "TENANT_OPERATIONS" | "TOKEN_OPERATIONS">
>;

/** The binding counts one a call, so it is asked once for so many operations: a thousand of them cost 20 questions. */
const OPERATIONS_A_CALL = 50;

let meters: { readonly settings: string; readonly ofToken?: OperationMeter; readonly ofTenant?: OperationMeter } = {
  settings: "",
};

/**
 * Stands before the tenant's object, so that a flood with a token is not paid for: counts operations for the token and,
 * unless the token has too many, for its tenant. Either counts twice. A meter in this isolate counts every operation,
 * so that one isolate never passes on more than the limit at once; the platform's counter, which all isolates of a
 * place share, counts calls and shares of batches. If the platform's counter fails, the call goes on.
 *
 * @throws BudgetError `rate_limited` if either has too many
 */
export async function guardRate(env: RateEnv, { tenant, jti, user }: Grant, operations = 1): Promise<void> {
  const token = JSON.stringify([tenant, jti ?? user ?? null]);
  const nowMs = Date.now();
  const { ofToken, ofTenant } = metersOf(env);
  if (ofToken?.isWithin(token, operations, nowMs) === false) throw tooMany("this token", ofToken, operations);
  if (ofTenant?.isWithin(tenant, operations, nowMs) === false) throw tooMany("this tenant", ofTenant, operations);
  ofToken?.count(token, operations, nowMs);
  ofTenant?.count(tenant, operations, nowMs);
  const calls = Math.ceil(operations / OPERATIONS_A_CALL);
  if (!(await isWithin(env.TOKEN_RATE, token, calls))) throw rateLimited("too many calls with this token");
  // What a token is refused is not counted for its tenant, or one token could use up the rate of all.
  if (!(await isWithin(env.TENANT_RATE, tenant, calls))) {
    throw rateLimited("too many calls with this tenant's tokens");
  }
}

/** The isolate's meters, for as long as the settings are the same. */
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
      ? `a batch of ${operations} operations is more than the ${max} that ${who} may send in 10 seconds: split it`
      : `${who} sends more than its ${max} operations in 10 seconds`,
  );
}

function rateLimited(detail: string): BudgetError {
  return new BudgetError({ code: "rate_limited", detail });
}
