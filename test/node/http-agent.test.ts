/** The example agent in Node stops when it is blocked. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { SECRETS } from "../worker/secrets.ts";
import { callJson, ROOT, startWrangler, temporaryDir } from "./wrangler.ts";

const run = promisify(execFile);

test("an agent in Node stops when blocked, having spent its budget", async () => {
  await using state = await temporaryDir();
  await using budget = await startWrangler(["wrangler.toml"], state.path);
  const acme = `${budget.url}/v1/tenants/acme`;
  await callJson("PUT", `${acme}/config`, { per_user_max_tokens: 2_000 });

  expect(await runAgent(budget.url, "acme", "alice")).toEqual([
    "step 1: 13 tokens in, 193 out; the next is ok",
    "step 2: 206 tokens in, 193 out; the next is ok",
    "step 3: 399 tokens in, 193 out; the next is ok",
    "step 4: 592 tokens in, 193 out; the next is warn (per-user tokens at 99%)",
    "step 5: 785 tokens in, 193 out; the next is blocked (per_user_max_tokens)",
    "stopped by per_user_max_tokens after 5 steps: 1995 tokens in, 965 out, 0.02046 USD",
  ]);
  expect(await callJson("GET", `${acme}/users/alice/usage`)).toMatchObject({
    tokens_in: 1_995,
    tokens_out: 965,
    cost_usd: 0.02046,
    calls: 5,
  });
  expect(await runAgent(budget.url, "acme", "alice")).toEqual([
    "stopped by per_user_max_tokens after 0 steps: 0 tokens in, 0 out, 0 USD",
  ]);
  expect((await runAgent(budget.url, "acme", "bob", "2")).at(-1)).toBe(
    "done after 2 steps: 219 tokens in, 386 out, 0.006447 USD",
  );
  await expect(runAgent(budget.url, "acme", "")).rejects.toMatchObject({ code: 2 });
  await expect(runAgent(budget.url, "acme", "x".repeat(257))).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringContaining("/allows-step answered 400 invalid_input: "),
  });
});

/** Runs the agent as a person would, and returns the lines it printed. */
async function runAgent(...args: string[]): Promise<string[]> {
  const { stdout } = await run(process.execPath, ["examples/http-agent/agent.ts", ...args], {
    cwd: ROOT,
    timeout: 10_000,
    env: { ...process.env, EDGE_BUDGET_TOKEN: SECRETS.ADMIN_TOKEN },
  });
  return stdout.trimEnd().split("\n");
}
