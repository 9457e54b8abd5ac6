import type { Reading } from "./decision.ts";
import type { Metric } from "./metrics.ts";
import type { Pending } from "./pending.ts";

/** The most of an estimate that every limit has left; undefined where nothing is left of an amount asked for. */
export function cap(estimate: Pending, readings: readonly Reading[]): Pending | undefined {
  const left = (metric: Metric) =>
    readings
      .filter(({ limit, shadow }) => limit.metric === metric && !shadow)
      .reduce(
        (least, { limit, used, pending }) => Math.min(least, limit.max - used - pending),
        Number.POSITIVE_INFINITY,
      );
  const { inputTokens: input, outputTokens: output, tokens: asked } = estimate;
  const either = asked - input - output;
  const tokens = Math.min(
    left("tokens"),
    Math.min(input, left("input_tokens")) + Math.min(output, left("output_tokens")) + either,
  );
  const inputTokens = Math.min(input, left("input_tokens"), tokens);
  const outputTokens = Math.min(output, left("output_tokens"), tokens - inputTokens);
  const costNanoUsd = Math.min(estimate.costNanoUsd, left("cost_usd"));
  const isNothing = (granted: number, wanted: number) => wanted > 0 && granted <= 0;
  if (isNothing(tokens, asked) || isNothing(inputTokens, input) || isNothing(outputTokens, output)) return undefined;
  if (isNothing(costNanoUsd, estimate.costNanoUsd)) return undefined;
  return { ...estimate, tokens, inputTokens, outputTokens, costNanoUsd };
}
