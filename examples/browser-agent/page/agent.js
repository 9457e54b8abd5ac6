/**
 * Works until the budget blocks the next step: asks once, and from then on each `consume` answers for the step after
 * it. Each step reads all that was said before it, so it takes more than the one before.
 *
 * @param {import("./budget.js").Budget} budget
 * @param {(line: string) => void} tell
 */
export async function work(budget, tell) {
  let decision = await budget.allowsStep();
  for (let step = 1; decision.state !== "blocked"; step += 1) {
    const spent = await think(step);
    // With a key, a step whose answer was lost can be sent again and counts once.
    decision = await budget.consume({ ...spent, idempotency_key: crypto.randomUUID() });
    tell(`step ${step}: ${spent.tokens_in} in, ${spent.tokens_out} out; the next is ${decision.state}`);
  }
  tell(`stopped by ${decision.reason}`);
}

/** Stands in for a model. Put your model call here, and take the counts from what it answers. @param {number} step */
async function think(step) {
  return { tokens_in: 200 * step, tokens_out: 150 };
}
