/** There is one entry for each change. */
import { describe, expect, test } from "vitest";
import type { ReserveRequest } from "../../src/wire/index.ts";
import { HOUR_MS, ledgerOf, MINUTE_MS, refusalOf, START_MS, setNow, tenantAt, useSetClock } from "./tenant.ts";

useSetClock();

const ALICE = { scope: "user", id: "alice" };
const NOTHING = {
  tokens_in: 0,
  tokens_out: 0,
  cost_usd: 0,
  calls: 0,
  cache_read_input_tokens: 0,
  cache_write_input_tokens: 0,
  reasoning_output_tokens: 0,
  unpriced_calls: 0,
  unpriced_tokens: 0,
};
describe("there is one entry", () => {
  const AT = "2040-01-01T00:00:00.000Z";

  test("for a consume, with its amounts, its price, and the label buckets it counted in", async () => {
    const tenant = tenantAt(START_MS);
    const prices = { m: { input_usd: 1000, output_usd: 2000 } };
    await tenant.configure({ per_team_max_tokens: 100, prices }, { author: "ops" });
    const labels = { team: "red", run: "7" };
    const spent = { tokens_in: 10, tokens_out: 5, cache_read_input_tokens: 4, reasoning_output_tokens: 2 };
    await tenant.consume({ user_id: "alice", labels, model: "m", ...spent, idempotency_key: "k" });
    await tenant.allowsStep({ user_id: "alice" });
    await tenant.usage();
    expect(await ledgerOf(tenant)).toEqual([
      { id: 1, at: AT, kind: "config", version: 1, author: "ops" },
      {
        id: 2,
        at: AT,
        kind: "consume",
        user_id: "alice",
        labels,
        model: "m",
        idempotency_key: "k",
        ...NOTHING,
        ...spent,
        cost_usd: 0.02,
        calls: 1,
        price: { source: "config", rates: prices.m },
        scopes: ["team"],
      },
    ]);
  });

  test("for each change of a reservation", async () => {
    const tenant = tenantAt(START_MS);
    await tenant.configure({ max_tokens: 100 });
    const reserve = async (request: ReserveRequest) =>
      (await tenant.reserve({ user_id: "alice", labels: { team: "red" }, ...request })).id;
    const [committed, released] = [await reserve({ tokens: 30, on_expiry: "charge" }), await reserve({ tokens: 20 })];
    await refusalOf(tenant.reserve({ user_id: "alice", tokens: 60, cost_usd: 0.5 }));
    await tenant.extend(released, { tokens: 5, on_expiry: "charge" });
    await refusalOf(tenant.extend(released, { tokens: 46 }));
    await tenant.commit(committed, { tokens_in: 7, final: false });
    await tenant.commit(committed, { tokens_in: 3, idempotency_key: "k" });
    await refusalOf(tenant.commit(committed, { tokens_in: 3 }));
    await tenant.release(released);
    await tenant.release(released);
    await tenant.commit(released, { tokens_out: 1 });
    const expired = await reserve({ tokens: 2, cost_usd: 0.25, on_expiry: "charge" });
    setNow(START_MS + MINUTE_MS);
    const whose = { at: AT, user_id: "alice", labels: { team: "red" } };
    const expires_at = "2040-01-01T00:01:00.000Z";
    const none = { tokens: 0, input_tokens: 0, output_tokens: 0, cost_usd: 0 };
    expect((await ledgerOf(tenant)).slice(1)).toEqual([
      {
        id: 2,
        ...whose,
        kind: "hold",
        reservation: committed,
        amounts: { ...none, tokens: 30 },
        on_expiry: "charge",
        expires_at,
      },
      {
        id: 3,
        ...whose,
        kind: "hold",
        reservation: released,
        amounts: { ...none, tokens: 20 },
        on_expiry: "release",
        expires_at,
      },
      {
        id: 4,
        at: AT,
        kind: "refusal",
        user_id: "alice",
        reason: "max_tokens",
        amounts: { ...none, tokens: 60, cost_usd: 0.5 },
      },
      {
        id: 5,
        ...whose,
        kind: "extension",
        reservation: released,
        amounts: { ...none, tokens: 5 },
        on_expiry: "charge",
        expires_at,
      },
      {
        id: 6,
        ...whose,
        kind: "refusal",
        reservation: released,
        reason: "max_tokens",
        amounts: { ...none, tokens: 46 },
      },
      { id: 7, ...whose, kind: "commit", reservation: committed, final: false, ...NOTHING, tokens_in: 7, calls: 1 },
      {
        id: 8,
        ...whose,
        kind: "commit",
        reservation: committed,
        final: true,
        idempotency_key: "k",
        ...NOTHING,
        tokens_in: 3,
      },
      { id: 9, ...whose, kind: "release", reservation: released },
      {
        id: 10,
        ...whose,
        kind: "commit",
        reservation: released,
        final: true,
        late: true,
        ...NOTHING,
        tokens_out: 1,
        calls: 1,
      },
      {
        id: 11,
        ...whose,
        kind: "hold",
        reservation: expired,
        amounts: { ...none, tokens: 2, cost_usd: 0.25 },
        on_expiry: "charge",
        expires_at,
      },
      {
        id: 12,
        ...whose,
        at: "2040-01-01T00:01:00.000Z",
        kind: "expiry",
        reservation: expired,
        estimated: true,
        ...NOTHING,
        tokens_out: 2,
        cost_usd: 0.25,
        calls: 1,
      },
    ]);
  });

  test("for a late commit, with exceptions for the buckets that it changed by another amount", async () => {
    const tenant = tenantAt(START_MS);
    await tenant.configure({ per_team_max_tokens: 100 });
    const request = { user_id: "alice", labels: { team: "red" }, tokens: 20, on_expiry: "charge" as const };
    const { id } = await tenant.reserve(request);
    setNow(START_MS + MINUTE_MS);
    await tenant.usage();
    setNow(START_MS + 2 * MINUTE_MS);
    await tenant.reset({ scope: "team", id: "red" }, { note: "new term" });
    await tenant.commit(id, { tokens_out: 15 });
    expect((await ledgerOf(tenant)).slice(3)).toMatchObject([
      { kind: "reset", bucket: { scope: "team", id: "red" }, note: "new term", tokens_out: -20, calls: -1 },
      {
        kind: "commit",
        late: true,
        tokens_out: -5,
        calls: 0,
        scopes: ["team"],
        exceptions: [{ scope: "team", ...NOTHING, tokens_out: 15, calls: 1 }],
      },
    ]);
  });

  test("for each of an operator's edits", async () => {
    const tenant = tenantAt(START_MS);
    const until = "2040-01-02T00:00:00Z";
    await tenant.adjust(ALICE, { tokens_in: 5, note: "missed" });
    await tenant.setLimits(ALICE, { max_tokens: 9, expires_at: until }, { author: "ops" });
    await tenant.clearLimits(ALICE);
    await tenant.freeze(ALICE, { until, note: "leak" });
    await tenant.unfreeze(ALICE);
    await tenant.reset(ALICE);
    await tenant.run({ op: "revoke_token", id: "t" });
    await tenant.run({ op: "revoke_token", id: "t" });
    const bucket = { scope: "user", id: "alice" };
    expect(await ledgerOf(tenant)).toEqual([
      { id: 1, at: AT, kind: "adjustment", bucket, note: "missed", ...NOTHING, tokens_in: 5 },
      { id: 2, at: AT, kind: "limits", bucket, limits: { max_tokens: 9 }, expires_at: until, author: "ops" },
      { id: 3, at: AT, kind: "limits", bucket, limits: null, author: null },
      { id: 4, at: AT, kind: "freeze", bucket, until, note: "leak" },
      { id: 5, at: AT, kind: "unfreeze", bucket },
      { id: 6, at: AT, kind: "reset", bucket, ...NOTHING, tokens_in: -5 },
      { id: 7, at: AT, kind: "revocation", jti: "t" },
    ]);
  });

  test("for a minted token, which belongs to its user, or to nobody", async () => {
    const tenant = tenantAt(START_MS);
    const expiresAtMs = START_MS + HOUR_MS;
    const mint = (jti: string, user?: string) =>
      tenant.mintToken({ jti, scopes: ["check"], user, expiresAtMs, ancestors: ["root"] });
    await mint("a", "alice");
    await mint("b");
    const told = {
      at: AT,
      kind: "token",
      grants: ["check"],
      ancestors: ["root"],
      expires_at: "2040-01-01T01:00:00.000Z",
    };
    expect(await ledgerOf(tenant)).toEqual([
      { id: 1, jti: "a", user_id: "alice", ...told },
      { id: 2, jti: "b", ...told },
    ]);
    expect((await ledgerOf(tenant, { user_id: "alice" })).map(({ id }) => id)).toEqual([1]);
    expect(await ledgerOf(tenant, { user_id: "" })).toEqual([]);
  });

  test("for the erasure of a user without a bucket, which belongs to nobody", async () => {
    const tenant = tenantAt(START_MS);
    await tenant.run({ op: "erase_user", id: "nobody", pseudonym: "erased-1" });
    expect(await ledgerOf(tenant, { user_id: "" })).toEqual([]);
    expect(await ledgerOf(tenant)).toEqual([{ id: 1, at: AT, kind: "erasure" }]);
  });
});
