/** An agent in Node that spends from a budget over HTTP, and stops when it is blocked. */
import { BudgetClient } from "../../src/client/index.ts";
import type { BudgetStatus } from "../../src/core/index.ts";
import { costUsd, think } from "../edge-agent/src/think.ts";

const [url, tenant, user, steps = "50"] = process.argv.slice(2);
const token = process.env.EDGE_BUDGET_TOKEN;
if (!url || !tenant || !user || !token || !/^\d+$/.test(steps)) {
  console.error("usage: EDGE_BUDGET_TOKEN=… node agent.ts URL TENANT USER [STEPS]");
  process.exit(2);
}
const work = Number(steps);
const budget = new BudgetClient({ url, tenant, token });

const conversation = ["Find out what can be known of this, step by step."];
let done = 0;
let tokensIn = 0;
let tokensOut = 0;
let status = await budget.call<BudgetStatus>("POST", "/allows-step", { user_id: user });
while (status.state !== "blocked" && done < work) {
  const { text, ...spent } = await think(conversation);
  conversation.push(text);
  // One call a step: what consume answers is the decision for the step after it.
  status = await budget.call("POST", "/consume", { ...spent, user_id: user });
  done += 1;
  tokensIn += spent.tokens_in;
  tokensOut += spent.tokens_out;
  const next = status.reason === null ? status.state : `${status.state} (${status.reason})`;
  console.log(`step ${done}: ${spent.tokens_in} tokens in, ${spent.tokens_out} out; the next is ${next}`);
}
const why = done < work ? `stopped by ${status.reason}` : "done";
const cost = costUsd(tokensIn, tokensOut);
console.log(`${why} after ${done} steps: ${tokensIn} tokens in, ${tokensOut} out, ${cost} USD`);
