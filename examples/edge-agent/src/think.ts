/** The answer and usage of a model call. */
export interface Thought {
  readonly text: string;
  readonly tokens_in: number;
  readonly tokens_out: number;
  readonly cost_usd: number;
}

const USD_PER_MILLION_TOKENS_IN = 3;
const USD_PER_MILLION_TOKENS_OUT = 15;

/**
 * Stands in for a model: the same conversation always gets the same answer. Put your model call here, and take
 * the token counts from what it answers. The model reads all that was said before, so each step costs more than
 * the one before it.
 */
export async function think(conversation: readonly string[]): Promise<Thought> {
  const text = `Thought ${conversation.length}: ${"one more thing is worth looking into. ".repeat(20)}`;
  const tokensIn = conversation.reduce((sum, message) => sum + tokensOf(message), 0);
  const tokensOut = tokensOf(text);
  return { text, tokens_in: tokensIn, tokens_out: tokensOut, cost_usd: costUsd(tokensIn, tokensOut) };
}

/** What so many tokens cost. Ask it for a sum of tokens, rather than add up its answers, which are rounded. */
export function costUsd(tokensIn: number, tokensOut: number): number {
  return (tokensIn * USD_PER_MILLION_TOKENS_IN + tokensOut * USD_PER_MILLION_TOKENS_OUT) / 1e6;
}

/** About four characters make a token of English. */
function tokensOf(text: string): number {
  return Math.ceil(text.length / 4);
}
