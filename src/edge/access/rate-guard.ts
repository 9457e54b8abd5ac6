import { BudgetError } from "../../wire/index.ts";
import type { Grant } from "./grant.ts";

/** What counts calls, in each place of the network. A host of one's own may have none. */
export type RateEnv = Partial<Pick<Cloudflare.Env, "TENANT_RATE" | "TOKEN_RATE">>;

/**
 * Stands before the tenant's object, so that a flood with a token is not paid for: counts the call for the token and
 * for its tenant. Where a counter fails, the call goes on.
 *
 * @throws BudgetError `rate_limited` where either makes too many
 */
export async function guardRate(env: RateEnv, { tenant, jti, user }: Grant): Promise<void> {
  if (!env.TOKEN_RATE && !env.TENANT_RATE) return;
  const token = JSON.stringify([tenant, jti ?? user ?? null]);
  const [ofToken, ofTenant] = await Promise.all([isWithin(env.TOKEN_RATE, token), isWithin(env.TENANT_RATE, tenant)]);
  if (!ofToken) throw rateLimited("this token makes more calls than one may");
  if (!ofTenant) throw rateLimited("this tenant's tokens make more calls than one tenant's may");
}

async function isWithin(counter: RateLimit | undefined, key: string): Promise<boolean> {
  try {
    return counter === undefined || (await counter.limit({ key })).success;
  } catch (error) {
    console.error(error);
    return true;
  }
}

function rateLimited(detail: string): BudgetError {
  return new BudgetError({ code: "rate_limited", detail });
}
