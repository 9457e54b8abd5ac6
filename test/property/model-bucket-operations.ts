/** The model's operations on one bucket: reading its usage, setting its overrides, and changing its totals. */
import type { Operation } from "../../src/operations/index.ts";
import { amountsAnswer, amountsIn, NO_AMOUNTS, sumOf, totalsAnswer } from "./model-amounts.ts";
import { totalOf } from "./model-bucket.ts";
import { type Key, nameOf, OVERFLOW } from "./model-bucket-keys.ts";
import { decide } from "./model-decisions.ts";
import { futureMs, Refused, timeOf } from "./model-requests.ts";
import type { ModelTenant } from "./model-tenant.ts";
import { limitsIn } from "./naive-limits.ts";

/** An operation that names a bucket. */
export type BucketOperation = Extract<Operation, { readonly bucket: Key }>;

/** The bucket that an operation names. */
const bucketIn = ({ bucket }: BucketOperation): Key => bucket;

export const usageOf = (key: Key): Operation<"usage"> => ({ op: "usage", bucket: key });

export function runOnBucket(tenant: ModelTenant, operation: BucketOperation, nowMs: number) {
  const key = bucketIn(operation);
  switch (operation.op) {
    case "set_limits": {
      const { expires_at, ...maxima } = operation.limits;
      const untilMs = futureMs(nowMs, expires_at);
      tenant.overrides.set(key, expires_at === undefined ? { override: maxima } : { raise: { maxima, untilMs } });
      tenant.entries.push("limits");
      break;
    }
    case "clear_limits":
      tenant.overrides.set(key, { override: null, raise: null });
      tenant.entries.push("limits");
      break;
    case "freeze":
      tenant.overrides.set(key, { freeze: { untilMs: futureMs(nowMs, operation.request.until) } });
      tenant.entries.push("freeze");
      break;
    case "unfreeze":
      tenant.overrides.set(key, { freeze: null });
      tenant.entries.push("unfreeze");
      break;
    case "adjust":
      adjust(tenant, key, operation.request, nowMs);
      break;
    case "reset": {
      const bucket = tenant.touch(key, nowMs);
      if (bucket) Object.assign(bucket, { charges: [], startedAtMs: nowMs });
      tenant.entries.push("reset");
      break;
    }
  }
  return usageAnswer(tenant, key, nowMs);
}

function adjust(tenant: ModelTenant, key: Key, request: Operation<"adjust">["request"], nowMs: number): void {
  const amounts = amountsIn(request);
  const isMissing = key.subject === OVERFLOW && !tenant.touch(key, nowMs);
  if (isMissing) throw new Refused("unknown_bucket");
  const after = sumOf([totalOf(tenant.touch(key, nowMs)), amounts], NO_AMOUNTS);
  if (Object.values(after).some((part) => part < 0)) throw new Refused("sum_out_of_range");
  tenant.chargeAll([key], nowMs, () => ({ atMs: nowMs, amounts }));
  tenant.entries.push("adjustment");
}

function usageAnswer(tenant: ModelTenant, key: Key, nowMs: number) {
  const chargedKey = tenant.chargedKey(key, nowMs);
  const bucket = tenant.touch(key, nowMs);
  const pending = tenant.pendingOf(key);
  const { override, freeze } = tenant.overrides.of(key);
  const raise = tenant.overrides.raiseOf(key, nowMs);
  const { remaining, limits } = decide(tenant, [chargedKey], nowMs);
  const untilMs = freeze?.untilMs ?? Number.POSITIVE_INFINITY;
  const frozen = { until: untilMs === Number.POSITIVE_INFINITY ? null : timeOf(untilMs) };
  return {
    ...nameOf(key),
    ...(chargedKey.subject === OVERFLOW && key.subject !== OVERFLOW && { in_overflow: true }),
    ...totalsAnswer(totalOf(bucket)),
    started_at: bucket ? timeOf(bucket.startedAtMs) : null,
    wall_clock: bucket ? Math.max(0, nowMs - bucket.startedAtMs) / 1000 : 0,
    override,
    raise: raise && { ...raise.maxima, expires_at: timeOf(raise.untilMs) },
    frozen: tenant.overrides.isFrozen(key, nowMs) ? frozen : null,
    held: { ...amountsAnswer(pending), reservations: pending.concurrent_calls },
    limits,
    remaining,
    ...(key.scope === "tenant" && tenantAnswer(tenant)),
  };
}

/** What only the tenant's usage has: its number of users, and the scopes that overflow. */
function tenantAnswer(tenant: ModelTenant) {
  const overflows = tenant.buckets.filter(({ scope, subject }) => subject === OVERFLOW && tenant.isLimited(scope));
  const overflowing = new Set(overflows.map(({ scope }) => scope));
  const users = tenant.buckets.filter(({ scope }) => scope === "user").length;
  const inOrder = new Set(limitsIn(tenant.config).map(({ scope }) => scope));
  return {
    users: overflowing.has("user") ? users - 1 : users,
    ...(overflowing.size > 0 && { overflowing: [...inOrder].filter((scope) => overflowing.has(scope)) }),
  };
}
