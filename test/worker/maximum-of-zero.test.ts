/** What a limit of 0 allows and what it blocks. */
import { expect, test } from "vitest";
import { Tenant, useSetClock } from "./clock.ts";

useSetClock();
const NOW = "2026-01-01T00:00:00Z";
const ZERO = { per_user_max_calls: 0, per_user_max_tokens: 0 };
const ALICE = { user_id: "alice" };

test("a maximum of 0 allows a new user's first step, and none after its consume", async () => {
  const tenant = new Tenant().at(NOW);
  await tenant.put("/config", ZERO);
  expect((await tenant.post("/allows-step", ALICE)).body).toMatchObject({ state: "ok", remaining: { tokens: 0 } });
  expect((await tenant.post("/consume", { ...ALICE, tokens_in: 1 })).body).toMatchObject({ state: "blocked" });
  expect((await tenant.post("/allows-step", ALICE)).body).toMatchObject({ state: "blocked" });
});

test("a maximum of 0 blocks a first step with an estimate, a reservation, and a frozen user", async () => {
  const tenant = new Tenant().at(NOW);
  await tenant.put("/config", ZERO);
  expect((await tenant.post("/allows-step", { ...ALICE, tokens: 1 })).body).toMatchObject({ state: "blocked" });
  expect((await tenant.post("/reservations", ALICE)).status).toBe(402);
  await tenant.post("/users/bob/freeze", {});
  expect((await tenant.post("/allows-step", { user_id: "bob" })).body).toMatchObject({ reason: "frozen" });
});
