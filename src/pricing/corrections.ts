/**
 * What the catalogue's installed version has wrong. Each correction names its source, and has a test that fails once the
 * catalogue has it right, so that it gets dropped.
 */
import type { ConditionalPrice, ModelInfo, ModelPrice } from "@pydantic/genai-prices";
import type { ProviderId } from "./providers.ts";

/**
 * OpenAI charges more for prompts with *more than* 272,000 input tokens; the catalogue already does at 272,000.
 *
 * Sources: https://developers.openai.com/api/docs/models/gpt-5.4, /gpt-5.5, /gpt-5.6-sol, /gpt-6-astra ("prompts with
 * >272K input tokens"), https://github.com/pydantic/genai-prices/issues/711
 */
const OPENAI_LONG_CONTEXT = { catalogued: 271_999, right: 272_000 };

/**
 * The catalogue prices every Titan text embedding as the first version, which costs five times the second.
 *
 * Sources: https://aws.amazon.com/bedrock/pricing/, https://github.com/BerriAI/litellm/issues/29656
 */
const TITAN_EMBED_TEXT_V2: ModelInfo = {
  id: "amazon.titan-embed-text-v2:0",
  match: { ends_with: "amazon.titan-embed-text-v2:0" },
  prices: { input_mtok: 0.02 },
};

/** Returns a provider's models with the prices that they should have. */
export function correctedModels(provider: ProviderId, models: readonly ModelInfo[]): readonly ModelInfo[] {
  if (provider === "openai") return models.map(withOpenAiLongContext);
  if (provider === "aws") return [TITAN_EMBED_TEXT_V2, ...models];
  return models;
}

function withOpenAiLongContext(model: ModelInfo): ModelInfo {
  const { prices } = model;
  const corrected = Array.isArray(prices)
    ? prices.map((each): ConditionalPrice => ({ ...each, prices: withTierStart(each.prices) }))
    : withTierStart(prices);
  return { ...model, prices: corrected };
}

function withTierStart(price: ModelPrice): ModelPrice {
  const { catalogued, right } = OPENAI_LONG_CONTEXT;
  const rates = Object.entries(price).map(([name, rate]) => {
    if (typeof rate !== "object") return [name, rate];
    const tiers = rate.tiers.map((tier) => (tier.start === catalogued ? { ...tier, start: right } : tier));
    return [name, { base: rate.base, tiers }];
  });
  return Object.fromEntries(rates);
}

/**
 * DeepSeek has peak hours from 17 August 2026, and from 23 August on weekdays only, both by Beijing's calendar. The
 * catalogue has them on every day, also before.
 *
 * Sources: https://api-docs.deepseek.com/quick_start/pricing ("Monday through Friday"),
 * https://github.com/pydantic/genai-prices/issues/571
 */
const DEEPSEEK_PEAK_HOURS = {
  models: new Set(["deepseek-v4-flash", "deepseek-v4-pro"]),
  sinceMs: Date.parse("2026-08-17T00:00:00+08:00"),
  onWeekdaysSinceMs: Date.parse("2026-08-23T00:00:00+08:00"),
};
const BEIJING_OFFSET_MS = 8 * 3_600_000;
const DAY_MS = 86_400_000;

/** Returns the time whose catalogued price applies: within the same UTC day, whose first hour is off-peak. */
export function pricedAtMs(provider: ProviderId, model: string, nowMs: number): number {
  if (provider !== "deepseek" || !DEEPSEEK_PEAK_HOURS.models.has(model)) return nowMs;
  const { sinceMs, onWeekdaysSinceMs } = DEEPSEEK_PEAK_HOURS;
  const weekday = new Date(nowMs + BEIJING_OFFSET_MS).getUTCDay();
  const isWeekend = nowMs >= onWeekdaysSinceMs && (weekday === 0 || weekday === 6);
  const hasPeakHours = nowMs >= sinceMs && !isWeekend;
  return hasPeakHours ? nowMs : nowMs - (nowMs % DAY_MS);
}
