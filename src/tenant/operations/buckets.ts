import {
  type BucketKey,
  type BucketView,
  type BudgetConfig,
  configIssues,
  isOverflow,
  mergePatch,
  NO_USAGE,
  nameOf,
  nanoFromUsd,
  type Overrides,
  type Policy,
  subtractUsage,
  TENANT,
  USER,
} from "../../core/index.ts";
import {
  BudgetError,
  type ConfigVersion,
  type Edit,
  inputRefusal,
  type Operation,
  type Page,
  pointerTo,
  type UsageAnswer,
} from "../../wire/index.ts";
import { usageList } from "../store/usage-list.ts";
import type { Tenant } from "../tenant.ts";
import { usageAnswer } from "./answers.ts";

export function usage(tenant: Tenant, { key }: Operation<"usage">, nowMs: number): UsageAnswer {
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

/** Gives a bucket maxima of its own: until `expires_at`, or for good in place of those it has. */
export function setLimits(tenant: Tenant, operation: Operation<"set_limits">, nowMs: number): UsageAnswer {
  const { key, edit } = operation;
  const { expires_at, ...sent } = operation.request;
  const maxima = withoutUndefined(sent);
  const untilMs = expires_at === undefined ? undefined : aheadOf(nowMs, "expires_at", expires_at);
  setOverrides(tenant, key, untilMs === undefined ? { maxima } : { raise: { maxima, untilMs } }, nowMs);
  tenant.ledger.append("limits", { bucket: nameOf(key), limits: maxima, expires_at, ...editor(edit) }, nowMs);
  return usage(tenant, { op: "usage", key }, nowMs);
}

/** Takes a bucket's own maxima away, those for a time too. */
export function clearLimits(tenant: Tenant, { key, edit }: Operation<"clear_limits">, nowMs: number): UsageAnswer {
  setOverrides(tenant, key, { maxima: null, raise: null }, nowMs);
  tenant.ledger.append("limits", { bucket: nameOf(key), limits: null, ...editor(edit) }, nowMs);
  return usage(tenant, { op: "usage", key }, nowMs);
}

/** Blocks a bucket's steps, until a time or until it is lifted. */
export function freeze(tenant: Tenant, { key, request }: Operation<"freeze">, nowMs: number): UsageAnswer {
  const { until, note, idempotency_key } = request;
  setOverrides(tenant, key, { freeze: { untilMs: until == null ? null : aheadOf(nowMs, "until", until) } }, nowMs);
  tenant.ledger.append("freeze", { bucket: nameOf(key), until, note, idempotency_key }, nowMs);
  return usage(tenant, { op: "usage", key }, nowMs);
}

/** Lifts a freeze. */
export function unfreeze(tenant: Tenant, { key, request }: Operation<"unfreeze">, nowMs: number): UsageAnswer {
  setOverrides(tenant, key, { freeze: null }, nowMs);
  tenant.ledger.append("unfreeze", { bucket: nameOf(key), ...request }, nowMs);
  return usage(tenant, { op: "usage", key }, nowMs);
}

/** Corrects a bucket's totals by a debit or a credit. No other bucket's change. */
export function adjust(tenant: Tenant, { key, request }: Operation<"adjust">, nowMs: number): UsageAnswer {
  const { tokens_in = 0, tokens_out = 0, cost_usd = 0, calls = 0, note, idempotency_key } = request;
  const costNanoUsd = nanoFromUsd(cost_usd);
  if (isOverflow(key) && !tenant.engine.view(tenant.policy, key, nowMs).bucket) {
    throw new BudgetError({ code: "unknown_bucket", detail: `the scope ${key.scope} has no overflow bucket` });
  }
  const delta = { ...NO_USAGE, inputTokens: tokens_in, outputTokens: tokens_out, costNanoUsd, calls };
  const made = tenant.engine.adjust(tenant.policy, key, delta, nowMs);
  const told = { bucket: nameOf(key), note, idempotency_key, usage: usageList(made) };
  tenant.ledger.append("adjustment", told, nowMs);
  return usage(tenant, { op: "usage", key }, nowMs);
}

/** Sets a bucket's totals and windows to zero. What is set for it stays. */
export function reset(tenant: Tenant, { key, request }: Operation<"reset">, nowMs: number): UsageAnswer {
  const { bucket } = tenant.engine.view(tenant.policy, key, nowMs);
  const counted = usageList(subtractUsage(NO_USAGE, bucket?.usage ?? NO_USAGE));
  tenant.engine.reset(tenant.policy, key, nowMs);
  tenant.ledger.append("reset", { bucket: nameOf(key), ...request, usage: counted }, nowMs);
  return usage(tenant, { op: "usage", key }, nowMs);
}

export function config(tenant: Tenant): ConfigVersion {
  return tenant.config.version;
}

/** Replaces the configuration, from the next operation on. Totals stay. */
export function configure(tenant: Tenant, operation: Operation<"configure">, nowMs: number): ConfigVersion {
  return replaceConfig(tenant, () => operation.config, operation.edit, nowMs);
}

/** Merges a patch into the configuration (RFC 7396). */
export function patchConfig(tenant: Tenant, operation: Operation<"patch_config">, nowMs: number): ConfigVersion {
  const merge = (known: BudgetConfig) => mergePatch(known, operation.patch) as BudgetConfig;
  return replaceConfig(tenant, merge, operation.edit, nowMs);
}

export function configHistory(
  tenant: Tenant,
  { query: { after, limit } }: Operation<"config_history">,
): Page<ConfigVersion> {
  return tenant.config.history(after, limit);
}

function replaceConfig(
  tenant: Tenant,
  edited: (config: BudgetConfig) => BudgetConfig,
  edit: Edit,
  nowMs: number,
): ConfigVersion {
  const { version, config: known } = tenant.config.version;
  if (edit.ifVersion && !edit.ifVersion.includes(version)) {
    throw new BudgetError({ code: "precondition_failed", detail: `the configuration is at version ${version}` });
  }
  const next = withoutNullLimits(edited(known));
  const issues = configIssues(next as Record<string, unknown>);
  if (issues.length > 0) {
    throw new BudgetError(inputRefusal(issues.map(({ key, detail }) => ({ pointer: pointerTo([key]), detail }))));
  }
  // Under another idle time, touches would be stored at another pace: those of the pace until now are stored now.
  tenant.buckets.saveTouches();
  const before = tenant.config.isValid ? boundOf(tenant.policy) : Number.POSITIVE_INFINITY;
  const made = tenant.config.replace(next, edit.author ?? null, nowMs);
  tenant.ledger.append("config", { version: made.version, ...editor(edit) }, nowMs);
  if (boundOf(tenant.policy) > before) tenant.engine.evictOverflow(tenant.policy, nowMs);
  return made;
}

function boundOf({ maxBuckets }: Policy): number {
  return maxBuckets ?? Number.POSITIVE_INFINITY;
}

function editor({ author = null, idempotency_key }: Edit) {
  return { author, idempotency_key };
}

function setOverrides(tenant: Tenant, key: BucketKey, change: Partial<Overrides>, nowMs: number): void {
  const { overrides }: BucketView = tenant.engine.view(tenant.policy, key, nowMs);
  tenant.overrides.put({ ...key, maxima: null, raise: null, freeze: null, ...overrides, ...change });
  tenant.engine.overridesChanged(key);
}

/** Reads a time that has to lie ahead. */
function aheadOf(nowMs: number, field: string, time: string): number {
  const epochMs = Date.parse(time);
  if (epochMs > nowMs) return epochMs;
  throw new BudgetError(inputRefusal([{ pointer: pointerTo([field]), detail: "takes a time that lies ahead" }]));
}

/** A limit of null is no limit; a bound of null is no bound, which differs from the default. */
function withoutNullLimits(config: BudgetConfig): BudgetConfig {
  const isKept = ([key, value]: [string, unknown]) => value !== null || key === "max_users";
  return Object.fromEntries(Object.entries(withoutUndefined(config)).filter(isKept));
}

/** By RPC a field can be undefined, which JSON has no word for: it is as if it were absent. */
function withoutUndefined<T extends object>(object: T): T {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as T;
}
