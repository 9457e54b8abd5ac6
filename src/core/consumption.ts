/** What a step consumed: the request, whom it is charged to, its usage and its price. */
import type { Subject } from "./bucket.ts";
import { isLabelName } from "./limits.ts";
import { nanoFromUsd } from "./money.ts";
import { NO_USAGE, REPORTED_PARTS, type ReportedField, type Usage, type UsagePart, unpriced } from "./usage.ts";
import type { ModelPrice } from "./values.ts";

/** A step, and whom it is charged to. */
export interface StepRequest {
  /** Null or absent: the anonymous user. */
  readonly user_id?: string | null | undefined;
  /** Up to 8, such as `{run: "…", team: "…"}`; a limit can count for each value. */
  readonly labels?: Readonly<Record<string, string>> | undefined;
  /** Also the label `model`, unless `labels` has one. */
  readonly model?: string | undefined;
  /** Adds every limit that applies to the answer. */
  readonly detail?: boolean | undefined;
}

/** The amounts that a caller reports: whole tokens, and the cost in decimal USD. Zero if absent. */
type ReportedAmounts = { readonly [F in ReportedField]?: number | undefined };

/** What a step consumed. Without `cost_usd` it is priced by `model`, and costs nothing if there is no model either. */
export interface Consumption extends StepRequest, ReportedAmounts {
  /** The provider of the model, such as `openai`, for its price. */
  readonly provider?: string | undefined;
}

const TOKEN_PARTS = REPORTED_PARTS.filter((each) => each.unit === "tokens");
const WHOLES = TOKEN_PARTS.filter(({ of }) => of === null).map(({ part, field }) => ({
  field,
  parts: TOKEN_PARTS.filter(({ of }) => of === part).map((each) => each.field),
}));

/** Rates in USD per million tokens, under their source's names. A rate can depend on the length of the input. */
export interface Rates {
  readonly [unit: string]:
    | number
    | { readonly base: number; readonly tiers: readonly { readonly start: number; readonly price: number }[] };
}

/** The price of a call. */
export interface Price {
  readonly costNanoUsd: number;
  /** `config`, or the catalogue's `provider/model`. */
  readonly source: string;
  readonly rates: Rates;
}

/** True for a price whose every rate is 0, and for one without rates, which a pricer gives to a free model. */
export function isFree(price: Price | undefined): boolean {
  const isZero = (rate: Rates[string]) =>
    typeof rate === "number" ? rate === 0 : rate.base === 0 && rate.tiers.every((tier) => tier.price === 0);
  return price !== undefined && Object.values(price.rates).every(isZero);
}

/** A call to be priced. */
export interface PriceQuestion {
  readonly model: string;
  readonly provider: string | undefined;
  readonly usage: Usage;
  /** Take precedence over the pricer's own. */
  readonly prices: Readonly<Record<string, ModelPrice>>;
  readonly nowMs: number;
}

/** Prices a call by its model; returns undefined if it knows no price. */
export interface Pricer {
  (question: PriceQuestion): Price | undefined;
  /** A known model with a similar name, for the error of one without a price. */
  readonly closest?: (model: string) => string | undefined;
}

/** A model without a known price, for a call that a cost limit applies to. Nothing was recorded. */
export class UnknownModelError extends RangeError {
  override name = "UnknownModelError";
}

export function subjectOf({ user_id, labels = {}, model }: StepRequest): Subject {
  return {
    userId: user_id ?? null,
    labels: model !== undefined && !Object.hasOwn(labels, "model") ? { ...labels, model } : labels,
  };
}

/**
 * Converts a consumption to inner units, as one call. Its cost is zero if it is yet to be priced.
 *
 * @throws RangeError that names the invalid field and what it takes
 */
export function usageOf(spent: Consumption): Usage {
  const { cost_usd = 0, labels = {} } = spent;
  if (!Number.isFinite(cost_usd) || cost_usd < 0) throw new RangeError("cost_usd takes a number of USD from 0");
  const usage: { -readonly [P in UsagePart]: number } = { ...NO_USAGE, calls: 1, costNanoUsd: nanoFromUsd(cost_usd) };
  for (const { part, field } of TOKEN_PARTS) {
    const tokens = spent[field];
    if (tokens === undefined) continue;
    if (!Number.isSafeInteger(tokens) || tokens < 0) throw new RangeError(`${field} takes a whole number from 0`);
    usage[part] = tokens;
  }
  const [misnamed] = Object.keys(labels).filter((name) => !isLabelName(name));
  if (misnamed !== undefined) throw new RangeError(`labels: "${misnamed}" is not a label's name`);
  const [beyond] = partsBeyondWhole(spent);
  if (beyond) throw new RangeError(`${beyond.field} ${beyond.detail}`);
  return usage;
}

/** Lists the parts of a consumption's tokens that are more than their whole. */
export function partsBeyondWhole(spent: Consumption): { field: keyof Consumption; detail: string }[] {
  return WHOLES.flatMap(({ field: whole, parts }) => {
    const most = spent[whole] ?? 0;
    let sum = 0;
    const field = parts.find((part) => {
      sum += spent[part] ?? 0;
      return sum > 0 && sum > most;
    });
    const together = parts.length > 1 ? `${parts.join(" and ")} together` : "it";
    return field ? [{ field, detail: `is a part of ${whole}: ${together} cannot exceed that` }] : [];
  });
}

/**
 * Converts a consumption to inner units, and prices it by its model if it has no cost. What was spent is never refused:
 * if the model has no known price, tokens and calls count, and the cost is marked as unknown.
 *
 * @throws RangeError that names the invalid field
 */
export function pricedUsageOf(
  spent: Consumption,
  prices: Readonly<Record<string, ModelPrice>>,
  pricer: Pricer | undefined,
  nowMs: number,
): { readonly usage: Usage; readonly price: Price | undefined } {
  const usage = usageOf(spent);
  const { model, provider, cost_usd } = spent;
  if (cost_usd !== undefined || model === undefined) return { usage, price: undefined };
  const price = pricer?.({ model, provider, usage, prices, nowMs });
  if (!price) return { usage: unpriced(usage), price };
  return { usage: { ...usage, costNanoUsd: price.costNanoUsd }, price };
}

/** The refusal of a call that has not been made yet, and whose cost a limit could not count. */
export function unknownModel(
  { model = "", provider }: Pick<Consumption, "model" | "provider">,
  pricer: Pricer | undefined,
): UnknownModelError {
  const where = provider === undefined ? "" : ` of the provider "${provider}"`;
  const closest = pricer?.closest?.(model);
  const hint = closest === undefined ? "" : `. Did you mean "${closest}"?`;
  return new UnknownModelError(
    `the model "${model}"${where} has no known price: send cost_usd, or set the model's price in the configuration${hint}`,
  );
}
