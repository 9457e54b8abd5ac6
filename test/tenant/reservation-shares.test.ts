import { describe, expect, test } from "vitest";
import type { Answer, Caller, Operation, ReservationDecision } from "../../src/wire/index.ts";
import {
  configured,
  DAY_MS,
  HOUR_MS,
  ledgerOf,
  MINUTE_MS,
  refusalIn,
  reservationsOf,
  START_MS,
  setNow,
  type Tenant,
  useSetClock,
  valueIn,
} from "./tenant.ts";

useSetClock();

const MALLORY: Caller = { jti: "m", user: "mallory" };
const ALICE: Caller = { jti: "a", user: "alice" };

/** Carries out what answers a reservation. The platform's types lose what an answer is. */
const run = (tenant: Tenant, operation: Operation<"reserve" | "extend">, caller?: Caller) =>
  tenant.run(operation, caller) as Promise<Answer<ReservationDecision>>;

const reserve = (tenant: Tenant, request: Operation<"reserve">["request"], caller?: Caller) =>
  run(tenant, { op: "reserve", request: { ...(caller?.user && { user_id: caller.user }), ...request } }, caller);

describe("a bound caller keeps at most a share of what others leave", () => {
  test("of the tenant's limits, though others have the rest, and of its own all", async () => {
    const tenant = await configured({ max_tokens: 1000, per_user_max_tokens: 600 });
    const { id } = valueIn(await reserve(tenant, { tokens: 400 }, MALLORY));
    expect(refusalIn(await reserve(tenant, { tokens: 101 }, MALLORY)).code).toBe("reservation_share");
    valueIn(await reserve(tenant, { tokens: 100 }, MALLORY));
    valueIn(await reserve(tenant, { tokens: 250 }, ALICE));
    expect(refusalIn(await reserve(tenant, { tokens: 1 }, ALICE)).code).toBe("reservation_share");
    // A back end is trusted with all that is left.
    valueIn(await reserve(tenant, { tokens: 250 }));
    valueIn(await tenant.run({ op: "release", id, request: {} }, MALLORY));
    valueIn(await reserve(tenant, { tokens: 150 }, MALLORY));
    const refusals = await ledgerOf(tenant, { kind: "refusal" });
    expect(refusals.map(({ user_id, reason }) => [user_id, reason])).toEqual([
      ["mallory", "reservation_share"],
      ["alice", "reservation_share"],
    ]);
  });

  test("as the configuration says, and what is capped is capped to it", async () => {
    const tenant = await configured({ max_tokens: 1000, max_reserved_share: 0.1 });
    const { granted } = valueIn(await reserve(tenant, { tokens: 500, if_short: "cap" }, MALLORY));
    expect(granted.tokens).toBe(100);
    expect(refusalIn(await reserve(tenant, { tokens: 500, if_short: "cap" }, MALLORY)).code).toBe("reservation_share");
    valueIn(await tenant.patchConfig({ max_reserved_share: 1 }));
    valueIn(await reserve(tenant, { tokens: 900 }, MALLORY));
  });

  test("of calls at once too, but always one", async () => {
    const tenant = await configured({ max_concurrent_calls: 4 });
    valueIn(await reserve(tenant, {}, MALLORY));
    valueIn(await reserve(tenant, {}, MALLORY));
    expect(refusalIn(await reserve(tenant, {}, MALLORY)).code).toBe("reservation_share");
    valueIn(await reserve(tenant, {}, ALICE));
    expect(refusalIn(await reserve(tenant, {}, ALICE)).code).toBe("reservation_share");
    valueIn(await reserve(tenant, {}));
    expect(refusalIn(await reserve(tenant, {})).code).toBe("limit_reached");
  });

  test("with extensions", async () => {
    const tenant = await configured({ max_tokens: 1000 });
    const { id } = valueIn(await reserve(tenant, { tokens: 400 }, MALLORY));
    const extend = (tokens: number) => run(tenant, { op: "extend", id, request: { tokens } }, MALLORY);
    expect(refusalIn(await extend(101)).code).toBe("reservation_share");
    expect(valueIn(await extend(100)).held.tokens).toBe(500);
  });

  test("that callers bound to the same labels have together", async () => {
    const tenant = await configured({ max_tokens: 1000, per_team_max_tokens: 900 });
    const red = (jti: string): Caller => ({ jti, labels: { team: "red" } });
    const request = { labels: { team: "red" }, tokens: 300 };
    valueIn(await reserve(tenant, request, red("1")));
    expect(refusalIn(await reserve(tenant, request, red("2"))).code).toBe("reservation_share");
  });
});

test("a bound caller has up to 1,000 open, and others go on", { timeout: 30_000 }, async () => {
  const tenant = await configured();
  const operation: Operation = { op: "reserve", request: { user_id: "mallory", ttl_seconds: 86_400 } };
  const answers = (await tenant.batch(Array<Operation>(1000).fill(operation), MALLORY)) as { ok: boolean }[];
  expect(answers.every(({ ok }) => ok)).toBe(true);
  expect(refusalIn(await reserve(tenant, {}, MALLORY)).code).toBe("too_many_reservations");
  valueIn(await reserve(tenant, {}, ALICE));
});

describe("a reservation ends", () => {
  test("by the end of the token that it is made or extended with", async () => {
    const tenant = await configured();
    const caller: Caller = { jti: "t", user: "alice", expiresAtMs: START_MS + MINUTE_MS };
    const { id, expires_at } = valueIn(await reserve(tenant, { ttl_seconds: 3600 }, caller));
    expect(Date.parse(expires_at)).toBe(START_MS + MINUTE_MS);
    const extended = await run(tenant, { op: "extend", id, request: { ttl_seconds: 600 } }, caller);
    expect(Date.parse(valueIn(extended).expires_at)).toBe(START_MS + MINUTE_MS);
    const byOther = await run(tenant, { op: "extend", id, request: { ttl_seconds: 600 } }, ALICE);
    expect(Date.parse(valueIn(byOther).expires_at)).toBe(START_MS + 10 * MINUTE_MS);
  });

  test("a week after it was made, however often it is extended", async () => {
    const tenant = await configured();
    const { id } = valueIn(await reserve(tenant, { ttl_seconds: 86_400 }));
    for (let hour = 12; hour < 156; hour += 12) {
      setNow(START_MS + hour * HOUR_MS);
      valueIn(await tenant.extend(id, { ttl_seconds: 86_400 }));
    }
    setNow(START_MS + 156 * HOUR_MS);
    const { expires_at } = valueIn(await tenant.extend(id, { ttl_seconds: 86_400 }));
    expect(Date.parse(expires_at)).toBe(START_MS + 7 * DAY_MS);
    setNow(START_MS + 7 * DAY_MS);
    expect(valueIn(await tenant.reservation(id)).state).toBe("expired");
  });

  test("while its user is frozen: it is not extended", async () => {
    const tenant = await configured();
    const { id } = valueIn(await reserve(tenant, { ttl_seconds: 60 }, MALLORY));
    valueIn(await tenant.freeze({ scope: "user", subject: "mallory" }, {}));
    const extend = () => run(tenant, { op: "extend", id, request: { ttl_seconds: 3600 } }, MALLORY);
    expect(refusalIn(await extend())).toMatchObject({ code: "budget_exhausted", decision: { reason: "frozen" } });
    valueIn(await tenant.unfreeze({ scope: "user", subject: "mallory" }, {}));
    valueIn(await extend());
  });
});

test("the operator lists and releases anybody's", async () => {
  const tenant = await configured();
  for (const caller of [MALLORY, ALICE]) valueIn(await reserve(tenant, {}, caller));
  for (const { id } of await reservationsOf(tenant)) valueIn(await tenant.release(id, {}));
  expect((await reservationsOf(tenant)).map(({ state }) => state)).toEqual(["released", "released"]);
});
