import { type LimitStatus, type Metric, nanoFromUsd, parseLimitName } from "../core/index.ts";
import type { DecisionResponse } from "../wire/index.ts";

/** The fields, for a route's documentation. */
export const LIMIT_FIELDS = {
  RateLimit:
    "What is left of the limit that binds, and when it starts anew (draft-ietf-httpapi-ratelimit-headers); with a bound token or an idempotency key only where a limit warns or blocks.",
  "RateLimit-Policy": "Where all limits are told: that limit's maximum, and its window where that has one length.",
};

/** A limit as the fields tell it: what is left, and where they are known, its maximum and when it starts anew. */
type Binding = Pick<LimitStatus, "name" | "remaining"> & Partial<Pick<LimitStatus, "max" | "resets_at">>;

/** What a limit's quota is a number of. Without a unit, it would be one of requests. */
const UNITS: Readonly<Partial<Record<Metric, string>>> = { cost_usd: "micro-usd", wall_clock: "seconds" };
/** What the fields can tell: integers of up to 15 digits (RFC 9651, section 3.3.1). */
const MAX_INTEGER = 999_999_999_999_999;

/** The windows that always last as long; a month does not. */
const WINDOW_SECONDS: Readonly<Record<string, number>> = { minute: 60, hour: 3600, day: 86_400, week: 604_800 };

/**
 * The limit that binds a decision, in `RateLimit` and `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers-10): the
 * one that made its state, or else the one of which the least is left.
 */
export function rateLimitFields(decision: DecisionResponse, nowMs: number): Record<string, string> {
  const binding = bindingOf(decision);
  const parts = binding && parseLimitName(binding.name);
  if (!binding || typeof parts !== "object") return {};
  const { metric, window } = parts;
  // From the nano-USD: the product of USD and a million can lie just below the whole number that it stands for.
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
