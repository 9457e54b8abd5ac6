/** Operations on buckets: usage, overrides, freezes, adjustments and resets. */
import {
  type BucketKey,
  type BucketView,
  isOverflow,
  NO_USAGE,
  nameOf,
  nanoFromUsd,
  type Overrides,
  subtractUsage,
  TENANT,
  USER,
} from "../../core/index.ts";
import type { Operation } from "../../operations/index.ts";
import { BudgetError, inputRefusal, pointerTo, type UsageResponse } from "../../wire/index.ts";
import { usageList } from "../store/usage-list.ts";
import type { Tenant } from "../tenant.ts";
import { usageAnswer } from "./answers.ts";
import { editorOf, withoutUndefined } from "./edits.ts";
import type { Handlers } from "./handler.ts";

function usage(tenant: Tenant, { bucket: key }: Operation<"usage">, nowMs: number): UsageResponse {
  const { engine, buckets, policy } = tenant;
  const counting = engine.countingView(policy, key, nowMs);
  const isShared = isOverflow(counting.key) && !isOverflow(key);
  const view = isShared ? engine.view(policy, key, nowMs) : counting;
  if (key.scope !== TENANT) return usageAnswer(policy, view, counting, nowMs);
  const overflow = engine.overflowing(policy);
  const users = buckets.count(USER) - Number(overflow.includes(USER));
  return {
    ...usageAnswer(policy, view, view, nowMs),
    users,
    ...(overflow.length > 0 && { overflowing: overflow }),
  };
}

/** Sets a bucket's own maxima: a raise until `expires_at`, or without one the lasting override. */
function setLimits(tenant: Tenant, operation: Operation<"set_limits">, nowMs: number): UsageResponse {
  const { bucket: key, limits, edit } = operation;
  const { expires_at, ...sent } = limits;
  const maxima = withoutUndefined(sent);
  const untilMs = expires_at === undefined ? undefined : parseFutureTime("expires_at", expires_at, nowMs);
  setOverrides(tenant, key, untilMs === undefined ? { maxima } : { raise: { maxima, untilMs } }, nowMs);
  tenant.ledger.append("limits", { bucket: nameOf(key), limits: maxima, expires_at, ...editorOf(edit) }, nowMs);
  return usage(tenant, { op: "usage", bucket: key }, nowMs);
}

/** Removes a bucket's own maxima, including a raise. */
function clearLimits(tenant: Tenant, { bucket: key, edit }: Operation<"clear_limits">, nowMs: number): UsageResponse {
  setOverrides(tenant, key, { maxima: null, raise: null }, nowMs);
  tenant.ledger.append("limits", { bucket: nameOf(key), limits: null, ...editorOf(edit) }, nowMs);
  return usage(tenant, { op: "usage", bucket: key }, nowMs);
}

/** Blocks a bucket's steps until a time, or until it is unfrozen. */
function freeze(tenant: Tenant, { bucket: key, request }: Operation<"freeze">, nowMs: number): UsageResponse {
  const { until, note, idempotency_key } = request;
  const untilMs = until == null ? null : parseFutureTime("until", until, nowMs);
  setOverrides(tenant, key, { freeze: { untilMs } }, nowMs);
  tenant.ledger.append("freeze", { bucket: nameOf(key), until, note, idempotency_key }, nowMs);
  return usage(tenant, { op: "usage", bucket: key }, nowMs);
}

function unfreeze(tenant: Tenant, { bucket: key, request }: Operation<"unfreeze">, nowMs: number): UsageResponse {
  setOverrides(tenant, key, { freeze: null }, nowMs);
  tenant.ledger.append("unfreeze", { bucket: nameOf(key), ...request }, nowMs);
  return usage(tenant, { op: "usage", bucket: key }, nowMs);
}

/** Corrects one bucket's totals by a debit or a credit. */
function adjust(tenant: Tenant, { bucket: key, request }: Operation<"adjust">, nowMs: number): UsageResponse {
  const { tokens_in = 0, tokens_out = 0, cost_usd = 0, calls = 0, note, idempotency_key } = request;
  const costNanoUsd = nanoFromUsd(cost_usd);
  if (isOverflow(key) && !tenant.engine.view(tenant.policy, key, nowMs).bucket) {
    throw new BudgetError({ code: "unknown_bucket", detail: `the scope ${key.scope} has no overflow bucket` });
  }
  const delta = { ...NO_USAGE, inputTokens: tokens_in, outputTokens: tokens_out, costNanoUsd, calls };
  const adjusted = tenant.engine.adjust(tenant.policy, key, delta, nowMs);
  const fields = { bucket: nameOf(key), note, idempotency_key, usage: usageList(adjusted) };
  tenant.ledger.append("adjustment", fields, nowMs);
  return usage(tenant, { op: "usage", bucket: key }, nowMs);
}

/** Sets a bucket's totals and windows to zero. Its overrides stay. */
function reset(tenant: Tenant, { bucket: key, request }: Operation<"reset">, nowMs: number): UsageResponse {
  const { bucket } = tenant.engine.view(tenant.policy, key, nowMs);
  const counted = usageList(subtractUsage(NO_USAGE, bucket?.usage ?? NO_USAGE));
  tenant.engine.reset(tenant.policy, key, nowMs);
  tenant.ledger.append("reset", { bucket: nameOf(key), ...request, usage: counted }, nowMs);
  return usage(tenant, { op: "usage", bucket: key }, nowMs);
}

function setOverrides(tenant: Tenant, key: BucketKey, change: Partial<Overrides>, nowMs: number): void {
  const { overrides }: BucketView = tenant.engine.view(tenant.policy, key, nowMs);
  tenant.overrides.put({ ...key, maxima: null, raise: null, freeze: null, ...overrides, ...change });
  tenant.engine.overridesChanged(key);
}

function parseFutureTime(field: string, time: string, nowMs: number): number {
  const epochMs = Date.parse(time);
  if (epochMs > nowMs) return epochMs;
  throw new BudgetError(inputRefusal([{ pointer: pointerTo([field]), detail: "takes a time in the future" }]));
}

export const BUCKET_HANDLERS = {
  usage: { run: usage },
  set_limits: { run: setLimits, after: "expiries" },
  clear_limits: { run: clearLimits, after: "expiries" },
  adjust: { run: adjust, after: "expiries" },
  reset: { run: reset, after: "expiries" },
  freeze: { run: freeze },
  unfreeze: { run: unfreeze },
} satisfies Handlers;
