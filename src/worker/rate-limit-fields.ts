/** The `RateLimit` fields of decisions. */
import { type LimitStatus, type Metric, nanoFromUsd, parseLimitName } from "../core/index.ts";
import type { DecisionResponse } from "../wire/index.ts";

/** The fields, for a route's documentation. */
export const LIMIT_FIELDS = {
  RateLimit:
    "What is left of the tightest limit, and the seconds until it resets (draft-ietf-httpapi-ratelimit-headers). With a bound token or an idempotency key, only if a limit warns or blocks.",
  "RateLimit-Policy":
    "The maximum of the same limit, and its window if that has a fixed length. Not sent with a bound token, or with an idempotency key unless `detail` is true.",
};

/** The limit that the fields report. Its maximum and its reset are known only if the decision lists all limits. */
type Binding = Pick<LimitStatus, "name" | "remaining"> & Partial<Pick<LimitStatus, "max" | "resets_at">>;

/** The units of quotas. Without one, a quota counts requests. */
const UNITS: Readonly<Partial<Record<Metric, string>>> = { cost_usd: "micro-usd", wall_clock: "seconds" };
/** Integers in fields have up to 15 digits (RFC 9651, section 3.3.1). */
const MAX_INTEGER = 999_999_999_999_999;

/** Windows of a fixed length, which a month is not. */
const WINDOW_SECONDS: Readonly<Record<string, number>> = { minute: 60, hour: 3600, day: 86_400, week: 604_800 };

/**
 * The tightest limit of a decision in `RateLimit` and `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers-10): the
 * one that decided, or else the one with the smallest share left.
 */
export function rateLimitFields(decision: DecisionResponse, nowMs: number): Record<string, string> {
  const binding = bindingOf(decision);
  const parts = binding && parseLimitName(binding.name);
  if (!binding || typeof parts !== "object") return {};
  const { metric, window } = parts;
  // From nano-USD: USD times a million can be just below the exact integer.
  const inUnit = (amount: number) =>
    Math.min(MAX_INTEGER, Math.floor(metric === "cost_usd" ? nanoFromUsd(amount) / 1000 : amount));
  const policy = `"${binding.name}"`;
  const resetsAt = binding.resets_at ?? null;
  const reset = resetsAt === null ? "" : `;t=${Math.max(0, Math.ceil((Date.parse(resetsAt) - nowMs) / 1000))}`;
  const fields = { ratelimit: `${policy};r=${inUnit(binding.remaining)}${reset}` };
  if (binding.max === undefined) return fields;
  const seconds =
    window.kind === "rolling" ? window.lengthMs / 1000 : WINDOW_SECONDS[window.kind === "calendar" ? window.id : ""];
  const unit = metric === "calls" ? "" : `;qu="${UNITS[metric] ?? metric.replaceAll("_", "-")}"`;
  const length = seconds === undefined ? "" : `;w=${seconds}`;
  return { ...fields, "ratelimit-policy": `${policy};q=${inUnit(binding.max)}${unit}${length}` };
}

function bindingOf({ limit, limits, remaining }: DecisionResponse): Binding | undefined {
  if (limits) {
    const enforced = limits.filter(({ shadow }) => !shadow);
    const share = ({ max, remaining: left }: LimitStatus) => (max === 0 ? 0 : left / max);
    return enforced.find(({ name }) => name === limit) ?? enforced.toSorted((a, b) => share(a) - share(b))[0];
  }
  const parts = limit === null ? "" : parseLimitName(limit);
  const left = typeof parts === "object" ? remaining[parts.metric] : undefined;
  return limit === null || left === undefined ? undefined : { name: limit, remaining: left };
}
