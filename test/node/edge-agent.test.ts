/** The example agent on a Worker stops when it is blocked. */
import { expect, test } from "vitest";
import { callJson, startWrangler, temporaryDir } from "./wrangler.ts";

const AGENT = "examples/edge-agent/wrangler.toml";
const BUDGET = "wrangler.toml";

test("an agent on a Worker stops when blocked, having spent its budget", async () => {
  await using state = await temporaryDir();
  {
    await using agent = await startWrangler([AGENT, BUDGET], state.path);
    const run = `${agent.url}/run?tenant=acme`;
    await callJson("PUT", `${agent.url}/config?tenant=acme`, { per_user_max_tokens: 20_000 });
    expect(await callJson("GET", `${run}&user=alice&steps=50`)).toEqual({
      steps: 14,
      stopped_by: "per_user_max_tokens",
      spent: { tokens_in: 17_745, tokens_out: 2_702, cost_usd: 0.093765 },
      warnings: ["after step 13: per-user tokens at 89%"],
      last: {
        state: "blocked",
        reason: "per_user_max_tokens",
        limit: "per_user_max_tokens",
        remaining: { tokens: 0 },
        retry_after: null,
        cost_usd: 0.010461,
      },
    });
    expect(await callJson("GET", `${run}&user=alice&steps=50`)).toMatchObject({
      steps: 0,
      stopped_by: "per_user_max_tokens",
    });
    expect(await callJson("GET", `${run}&user=bob&steps=2`)).toMatchObject({ steps: 2, stopped_by: null });
    await expect(callJson("PUT", `${agent.url}/config?tenant=acme`, { max_tokenz: 1 })).rejects.toThrow(
      /answered 400: .*"pointer":"\/max_tokenz"/,
    );
  }
  // Only the first Worker of a session has a port, so the budget is asked over HTTP in a session of its own.
  await using budget = await startWrangler([BUDGET], state.path);
  const acme = `${budget.url}/v1/tenants/acme`;
  expect(await callJson("GET", `${acme}/users/alice/usage`)).toMatchObject({
    tokens_in: 17_745,
    tokens_out: 2_702,
    cost_usd: 0.093765,
    calls: 14,
  });
  expect(await callJson("GET", `${acme}/tenant/usage`)).toMatchObject({ calls: 16, users: 2 });
});
