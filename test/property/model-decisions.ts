/** The model's decisions: the state of each limit, and when a step is allowed. */
import { type Measured, NOTHING } from "./model-amounts.ts";
import { countedIn } from "./model-bucket.ts";
import type { Key } from "./model-bucket-keys.ts";
import type { ModelTenant } from "./model-tenant.ts";
import { leavesAt, type NamedLimit, unitOf, warningAmong, warningText } from "./naive-limits.ts";

/** What a step may come to, and whether it extends an open reservation. */
interface Question {
  readonly asked?: Measured | undefined;
  readonly isMore?: boolean | undefined;
}

/** The state of one limit. It blocks and warns only if it counts: its bucket exists or has a pending amount. */
export interface Reading {
  readonly limit: NamedLimit;
  readonly used: number;
  readonly pending: number;
  readonly counts: boolean;
}

export function decide(tenant: ModelTenant, keys: readonly Key[], nowMs: number, question: Question = {}) {
  for (const key of keys) tenant.touch(key, nowMs);
  const decision = decideAt(tenant, keys, nowMs, question);
  return { ...decision, retry_after: retryAfter(tenant, keys, decision.state, nowMs, question) };
}

export type Decision = ReturnType<typeof decide>;

/** A decision as it is answered: with every limit only if the request asks for the detail. */
export function decisionAnswer({ limits, ...decision }: Decision, detail = false): object {
  return detail ? { ...decision, limits } : decision;
}

/** Seconds until the step is allowed, found by trying every time at which something changes; null for never. */
function retryAfter(
  tenant: ModelTenant,
  keys: readonly Key[],
  state: string,
  nowMs: number,
  question: Question,
): number | null | undefined {
  // A reservation can be settled before it expires, so no exact time is known while one is open.
  if (tenant.reservations.some((reservation) => reservation.state === "held")) return undefined;
  if (state !== "blocked") return null;
  const isAllowedAt = (atMs: number) => atMs > nowMs && decideAt(tenant, keys, atMs, question).state !== "blocked";
  const allowedAtMs = keys
    .flatMap((key) => changesOf(tenant, key, nowMs))
    .sort((a, b) => a - b)
    .find(isAllowedAt);
  return allowedAtMs === undefined ? null : (allowedAtMs - nowMs) / 1000;
}

/** When a bucket's decision may change by itself: a raise or a freeze expires, or a charge leaves a window. */
function changesOf(tenant: ModelTenant, key: Key, nowMs: number): number[] {
  const { raise, freeze } = tenant.overrides.of(key);
  const charges = tenant.bucket(key)?.charges ?? [];
  const leaving = charges.map(({ atMs }) => leavesAt(atMs, 60_000));
  // A clock that went back has counted at later minutes.
  const lastMs = Math.max(nowMs, ...charges.map(({ atMs }) => atMs));
  const minutes: number[] = [];
  for (let atMs = nowMs; atMs <= lastMs; atMs += 60_000) minutes.push((Math.floor(atMs / 60_000) + 1) * 60_000);
  minutes.push((Math.floor(lastMs / 60_000) + 1) * 60_000);
  return [raise?.untilMs ?? 0, freeze?.untilMs ?? 0, ...leaving, ...minutes].filter(Number.isFinite);
}

function decideAt(tenant: ModelTenant, keys: readonly Key[], nowMs: number, { asked = NOTHING, isMore }: Question) {
  const readings = keys.flatMap((key) => readingsOf(tenant, key, nowMs));
  const isShadow = tenant.config.enforcement === "shadow";
  const [full] = readings.filter(({ limit, used, pending, counts }) => {
    const taken = used + pending;
    const isReached = isMore && limit.metric !== "wall_clock" ? taken > limit.max : taken >= limit.max;
    return (counts && isReached) || taken + measure(asked, limit.metric) > limit.max;
  });
  const softly = tenant.config.soft_warning_at ?? 0.8;
  const shareOf = ({ limit, used, pending }: Reading) => (used + pending) / limit.max;
  const warning = warningAmong(readings.filter((each) => each.counts && each.limit.max > 0 && shareOf(each) >= softly));
  const rest = {
    remaining: remainingOf(tenant, readings),
    ...(full && isShadow && { would_block: full.limit.name }),
    limits: readings.map((each) => limitAnswer(each, isShadow)),
  };
  if (keys.some((key) => tenant.overrides.isFrozen(key, nowMs)))
    return { state: "blocked", reason: "frozen", limit: null, ...rest };
  const blocking = isShadow ? undefined : full?.limit.name;
  if (blocking) return { state: "blocked", reason: blocking, limit: blocking, ...rest };
  if (!warning) return { state: "ok", reason: null, limit: null, ...rest };
  const reason = warningText(warning.limit, shareOf(warning));
  return { state: "warn", reason, limit: warning.limit.name, ...rest };
}

export function readingsOf(tenant: ModelTenant, key: Key, nowMs: number): Reading[] {
  const bucket = tenant.bucket(key);
  const pending = tenant.pendingOf(key);
  return tenant.overrides.limitsOf(key, tenant.config, nowMs).map((limit) => {
    const counted = measure(countedIn(limit.window, bucket, nowMs), limit.metric);
    const elapsedMs = bucket ? Math.max(0, nowMs - bucket.startedAtMs) : 0;
    return {
      limit,
      used: limit.metric === "wall_clock" ? elapsedMs : counted,
      pending: measure(pending, limit.metric),
      counts: bucket !== undefined || pending.concurrent_calls > 0,
    };
  });
}

function remainingOf(tenant: ModelTenant, readings: readonly Reading[]): Record<string, number> {
  const remaining: Record<string, number> = {};
  if (tenant.config.enforcement === "shadow") return remaining;
  for (const { limit, used, pending } of readings) {
    const left = Math.max(0, limit.max - used - pending) / unitOf(limit.metric);
    remaining[limit.metric] = Math.min(left, remaining[limit.metric] ?? left);
  }
  return remaining;
}

function limitAnswer({ limit, used, pending }: Reading, isShadow: boolean) {
  const unit = unitOf(limit.metric);
  return {
    name: limit.name,
    max: limit.max / unit,
    used: used / unit,
    held: pending / unit,
    remaining: Math.max(0, limit.max - used - pending) / unit,
    ...(isShadow && { shadow: true }),
  };
}

/** The part of these amounts that a limit's metric counts. */
export function measure(amounts: Measured, metric: NamedLimit["metric"]): number {
  return metric === "wall_clock" ? 0 : amounts[metric];
}
