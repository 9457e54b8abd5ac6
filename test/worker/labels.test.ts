/** Limits that count by label, by model or by pairs of them. */
import { expect, test } from "vitest";
import { Tenant, useSetClock } from "./clock.ts";

useSetClock();
const NOW = "2026-01-01T00:00:00Z";

test("a limit counts for each value of a label, and for calls that carry it", async () => {
  const calls = new Tenant().at(NOW);
  await calls.put("/config", { per_model_max_tokens: 100, per_run_max_calls: 2 });
  await calls.post("/consume", { tokens_in: 100, labels: { model: "small", run: "1" } });
  expect(await calls.allows({ labels: { model: "small" } })).toEqual(["blocked", "per_model_max_tokens"]);
  expect(await calls.allows({ labels: { model: "large" } })).toEqual(["ok", null]);
  expect(await calls.allows({ labels: { run: "1" } })).toEqual(["ok", null]);
  expect(await calls.allows({ labels: { team: "red" } })).toEqual(["ok", null]);
  expect(await calls.allows()).toEqual(["ok", null]);
});

test("the model of a call is its label of that name", async () => {
  const calls = new Tenant().at(NOW);
  await calls.put("/config", { per_model_max_calls: 1 });
  await calls.post("/consume", { model: "gpt-5", tokens_in: 1 });
  expect(await calls.allows({ model: "gpt-5" })).toEqual(["blocked", "per_model_max_calls"]);
  expect(await calls.allows({ labels: { model: "gpt-5" } })).toEqual(["blocked", "per_model_max_calls"]);
  expect(await calls.allows({ model: "gpt-5", labels: { model: "gpt-5" } })).toEqual([
    "blocked",
    "per_model_max_calls",
  ]);
  expect(await calls.allows({ model: "other" })).toEqual(["ok", null]);
});

test("a compound scope counts for each pair, including the anonymous user", async () => {
  const calls = new Tenant().at(NOW);
  await calls.put("/config", { per_user_and_model_max_cost_usd_per_day: 1 });
  await calls.post("/consume", { user_id: "alice", labels: { model: "m" }, cost_usd: 1 });
  await calls.post("/consume", { labels: { model: "m" }, cost_usd: 0.5 });
  const limit = "per_user_and_model_max_cost_usd_per_day";
  expect(await calls.allows({ user_id: "alice", labels: { model: "m" } })).toEqual(["blocked", limit]);
  expect(await calls.allows({ user_id: "alice", labels: { model: "n" } })).toEqual(["ok", null]);
  expect(await calls.allows({ user_id: "bob", labels: { model: "m" } })).toEqual(["ok", null]);
  const path = (id: unknown) => `/buckets/user_and_model/${encodeURIComponent(JSON.stringify(id))}/usage`;
  expect((await calls.get(path(["alice", "m"]))).body).toMatchObject({
    scope: "user_and_model",
    id: ["alice", "m"],
    cost_usd: 1,
  });
  expect((await calls.get(path([null, "m"]))).body).toMatchObject({ id: [null, "m"], cost_usd: 0.5 });
});

test("a compound scope is the same bucket in either order of its names", async () => {
  const calls = new Tenant().at(NOW);
  await calls.put("/config", { per_team_and_model_max_calls: 1 });
  await calls.post("/consume", { labels: { team: "red", model: "m" } });
  const usage = (scope: string, id: string[]) =>
    calls.get(`/buckets/${scope}/${encodeURIComponent(JSON.stringify(id))}/usage`);
  expect((await usage("team_and_model", ["red", "m"])).body).toMatchObject({ scope: "model_and_team", calls: 1 });
  expect((await usage("model_and_team", ["m", "red"])).body).toMatchObject({ id: ["m", "red"], calls: 1 });
  expect(await calls.allows({ labels: { team: "red", model: "m" } })).toEqual([
    "blocked",
    "per_team_and_model_max_calls",
  ]);
});

test("values of a compound scope are not confused when joined", async () => {
  const calls = new Tenant().at(NOW);
  await calls.put("/config", { per_a_and_b_max_calls: 1 });
  await calls.post("/consume", { labels: { a: 'x","y', b: "z" } });
  expect((await calls.allows({ labels: { a: "x", b: 'y","z' } }))[0]).toBe("ok");
  expect((await calls.allows({ labels: { a: 'x","y', b: "z" } }))[0]).toBe("blocked");
});

test("limits are checked in order: tenant, user, labels by name, then compound scopes", async () => {
  const calls = new Tenant().at(NOW);
  const limits = [
    "max_calls",
    "per_user_max_calls",
    "per_model_max_calls",
    "per_team_max_calls",
    "per_model_and_team_max_calls",
    "per_user_and_model_max_calls",
  ];
  const step = { user_id: "alice", labels: { model: "m", team: "t" } };
  await calls.put("/config", Object.fromEntries(limits.toReversed().map((name) => [name, 1])));
  const { body } = await calls.post("/consume", { ...step, detail: true });
  expect(body.limits.map(({ name }: { name: string }) => name)).toEqual(limits);
  expect(body.limit).toBe("max_calls");
});
