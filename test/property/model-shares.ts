/** How much a reservation may get: what limits leave, or a bound caller's share. */
import type { Measured } from "./model-amounts.ts";
import { type Key, OVERFLOW } from "./model-bucket-keys.ts";
import { measure, readingsOf } from "./model-decisions.ts";
import type { ModelTenant } from "./model-tenant.ts";

/** The most of a metric that every limit of these buckets leaves for an owner, the user a caller is bound to. */
export function leftOf(
  tenant: ModelTenant,
  keys: readonly Key[],
  metric: keyof Measured,
  owner: string | undefined,
  nowMs: number,
): number {
  if (tenant.config.enforcement === "shadow") return Number.POSITIVE_INFINITY;
  const lefts = keys.flatMap((key) => {
    const readings = readingsOf(tenant, key, nowMs).filter(({ limit }) => limit.metric === metric);
    return readings.map(({ limit, used, pending }) => {
      const left = limit.max - used - pending;
      const isOwn = /^user/.test(key.scope) && key.subject !== OVERFLOW;
      if (owner === undefined || isOwn) return left;
      const own = measure(tenant.pendingOfOwner(owner), limit.metric);
      const others = used + Math.max(0, pending - own);
      const room = Math.max(0, limit.max - others);
      const least = /calls/.test(limit.metric) ? Math.min(1, room) : 0;
      return Math.min(left, Math.max(Math.floor(room / 2), least) - Math.min(own, pending));
    });
  });
  return Math.min(...lefts);
}

/** True if this exceeds an owner's share of what others leave. */
export function exceedsShare(
  tenant: ModelTenant,
  keys: readonly Key[],
  asked: Measured,
  owner: string | undefined,
  nowMs: number,
): boolean {
  if (owner === undefined) return false;
  const metrics = Object.keys(asked) as (keyof Measured)[];
  return metrics.some((metric) => asked[metric] > 0 && asked[metric] > leftOf(tenant, keys, metric, owner, nowMs));
}
