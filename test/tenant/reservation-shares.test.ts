/** How much a bound caller can reserve, and for how long. */
import { describe, expect, test } from "vitest";
import type { Caller, Operation } from "../../src/operations/index.ts";
import type { ExtendRequest, ReserveRequest } from "../../src/wire/index.ts";
import {
  configured,
  DAY_MS,
  HOUR_MS,
  ledgerOf,
  MINUTE_MS,
  refusalOf,
  reservationsOf,
  START_MS,
  setNow,
  type Tenant,
  useSetClock,
} from "./tenant.ts";

useSetClock();

const MALLORY: Caller = { jti: "m", user: "mallory" };
const ALICE: Caller = { jti: "a", user: "alice" };

const reserve = (tenant: Tenant, request: ReserveRequest, caller?: Caller) =>
  tenant.run({ op: "reserve", request: { ...(caller?.user && { user_id: caller.user }), ...request } }, caller);

const extend = (tenant: Tenant, id: string, request: ExtendRequest, caller: Caller) =>
  tenant.run({ op: "extend", id, request }, caller);

describe("a bound caller reserves at most max_reserved_share of what others leave", () => {
  test("of the tenant's limits, though others have the rest, and all of its own limits", async () => {
    const tenant = await configured({ max_tokens: 1000, per_user_max_tokens: 600 });
    const { id } = await reserve(tenant, { tokens: 400 }, MALLORY);
    expect((await refusalOf(reserve(tenant, { tokens: 101 }, MALLORY))).code).toBe("reservation_share");
    await reserve(tenant, { tokens: 100 }, MALLORY);
    await reserve(tenant, { tokens: 250 }, ALICE);
    expect((await refusalOf(reserve(tenant, { tokens: 1 }, ALICE))).code).toBe("reservation_share");
    // A back end is trusted with all that is left.
    await reserve(tenant, { tokens: 250 });
    await tenant.run({ op: "release", id, request: {} }, MALLORY);
    await reserve(tenant, { tokens: 150 }, MALLORY);
    const refusals = await ledgerOf(tenant, { kind: "refusal" });
    expect(refusals.map(({ user_id, reason }) => [user_id, reason])).toEqual([
      ["mallory", "reservation_share"],
      ["alice", "reservation_share"],
    ]);
  });

  test("as configured, and if_short cap caps to it", async () => {
    const tenant = await configured({ max_tokens: 1000, max_reserved_share: 0.1 });
    const { granted } = await reserve(tenant, { tokens: 500, if_short: "cap" }, MALLORY);
    expect(granted.tokens).toBe(100);
    expect((await refusalOf(reserve(tenant, { tokens: 500, if_short: "cap" }, MALLORY))).code).toBe(
      "reservation_share",
    );
    await tenant.patchConfig({ max_reserved_share: 1 });
    await reserve(tenant, { tokens: 900 }, MALLORY);
  });

  test("of max_concurrent_calls too, but always one", async () => {
    const tenant = await configured({ max_concurrent_calls: 4 });
    await reserve(tenant, {}, MALLORY);
    await reserve(tenant, {}, MALLORY);
    expect((await refusalOf(reserve(tenant, {}, MALLORY))).code).toBe("reservation_share");
    await reserve(tenant, {}, ALICE);
    expect((await refusalOf(reserve(tenant, {}, ALICE))).code).toBe("reservation_share");
    await reserve(tenant, {});
    expect((await refusalOf(reserve(tenant, {}))).code).toBe("limit_reached");
  });

  test("including extensions", async () => {
    const tenant = await configured({ max_tokens: 1000 });
    const { id } = await reserve(tenant, { tokens: 400 }, MALLORY);
    expect((await refusalOf(extend(tenant, id, { tokens: 101 }, MALLORY))).code).toBe("reservation_share");
    expect((await extend(tenant, id, { tokens: 100 }, MALLORY)).held.tokens).toBe(500);
  });

  test("shared by callers bound to the same labels", async () => {
    const tenant = await configured({ max_tokens: 1000, per_team_max_tokens: 900 });
    const red = (jti: string): Caller => ({ jti, labels: { team: "red" } });
    const request = { labels: { team: "red" }, tokens: 300 };
    await reserve(tenant, request, red("1"));
    expect((await refusalOf(reserve(tenant, request, red("2")))).code).toBe("reservation_share");
  });
});

test("a bound caller has up to 1,000 open reservations, and others are not affected", { timeout: 30_000 }, async () => {
  const tenant = await configured();
  const operation: Operation = { op: "reserve", request: { user_id: "mallory", ttl_seconds: 86_400 } };
  const answers = (await tenant.object.batch(Array<Operation>(1000).fill(operation), MALLORY)) as { ok: boolean }[];
  expect(answers.every(({ ok }) => ok)).toBe(true);
  expect((await refusalOf(reserve(tenant, {}, MALLORY))).code).toBe("too_many_reservations");
  await reserve(tenant, {}, ALICE);
});

describe("a reservation expires", () => {
  test("no later than the token that it is created or extended with", async () => {
    const tenant = await configured();
    const caller: Caller = { jti: "t", user: "alice", expiresAtMs: START_MS + MINUTE_MS };
    const { id, expires_at } = await reserve(tenant, { ttl_seconds: 3600 }, caller);
    expect(Date.parse(expires_at)).toBe(START_MS + MINUTE_MS);
    const extended = await extend(tenant, id, { ttl_seconds: 600 }, caller);
    expect(Date.parse(extended.expires_at)).toBe(START_MS + MINUTE_MS);
    const byOther = await extend(tenant, id, { ttl_seconds: 600 }, ALICE);
    expect(Date.parse(byOther.expires_at)).toBe(START_MS + 10 * MINUTE_MS);
  });

  test("a week after it was created, however often it is extended", async () => {
    const tenant = await configured();
    const { id } = await reserve(tenant, { ttl_seconds: 86_400 });
    for (let hour = 12; hour < 156; hour += 12) {
      setNow(START_MS + hour * HOUR_MS);
      await tenant.extend(id, { ttl_seconds: 86_400 });
    }
    setNow(START_MS + 156 * HOUR_MS);
    const { expires_at } = await tenant.extend(id, { ttl_seconds: 86_400 });
    expect(Date.parse(expires_at)).toBe(START_MS + 7 * DAY_MS);
    setNow(START_MS + 7 * DAY_MS);
    expect((await tenant.reservation(id)).state).toBe("expired");
  });

  test("in time while its user is frozen, since it cannot be extended", async () => {
    const tenant = await configured();
    const { id } = await reserve(tenant, { ttl_seconds: 60 }, MALLORY);
    await tenant.freeze({ scope: "user", id: "mallory" });
    expect(await refusalOf(extend(tenant, id, { ttl_seconds: 3600 }, MALLORY))).toMatchObject({
      code: "budget_exhausted",
      decision: { reason: "frozen" },
    });
    await tenant.unfreeze({ scope: "user", id: "mallory" });
    await extend(tenant, id, { ttl_seconds: 3600 }, MALLORY);
  });
});

test("the operator lists and releases any caller's reservations", async () => {
  const tenant = await configured();
  for (const caller of [MALLORY, ALICE]) await reserve(tenant, {}, caller);
  for (const { id } of await reservationsOf(tenant)) await tenant.release(id);
  expect((await reservationsOf(tenant)).map(({ state }) => state)).toEqual(["released", "released"]);
});
