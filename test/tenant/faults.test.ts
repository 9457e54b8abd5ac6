/** A failed write leaves nothing behind; an acknowledged one counts once. */
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { describe, expect, test } from "vitest";
import type { TenantBudget } from "../../src/index.ts";
import { type InputOf, type Operation, type OperationName, parseOperation } from "../../src/operations/index.ts";
import type { Answer } from "../../src/wire/index.ts";
import { valueIn } from "./object.ts";
import {
  configured,
  ledgerOf,
  MINUTE_MS,
  newTenant,
  refusalOf,
  ring,
  START_MS,
  setNow,
  type Tenant,
  tenantAt,
  useSetClock,
} from "./tenant.ts";
import { interceptSql } from "./written.ts";

useSetClock();

/** Makes the object's next write of a kind of row fail, as a full disk would. */
async function failNext(tenant: Tenant, query: string): Promise<void> {
  let isFailing = true;
  await interceptSql(tenant, (exec, sql, ...bindings) => {
    if (!isFailing || !sql.includes(query)) return exec(sql, ...bindings);
    isFailing = false;
    throw new Error("disk I/O error");
  });
}

/** The message of the fault that a call failed with: the cause of the error, if it has one. */
const failureOf = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => "answered",
    (error: Error) => String(error.cause ?? error),
  );

describe("when a write fails, nothing of the operation stays, and the next one is right", () => {
  test.each(["INTO bucket", "INTO tenant", "INTO ledger", "INTO idempotency"])("%s", async (query) => {
    const tenant = newTenant();
    await tenant.consume({ user_id: "alice", tokens_in: 5 });
    await failNext(tenant, query);
    const request = { user_id: "alice", tokens_in: 7, idempotency_key: "k" };
    expect(await failureOf(tenant.consume(request))).toContain("disk I/O error");
    expect(await tenant.usage()).toMatchObject({ tokens_in: 5, calls: 1, users: 1 });
    expect(await tenant.usageFor("alice")).toMatchObject({ tokens_in: 5, calls: 1 });
    await tenant.consume({ user_id: "bob", tokens_in: 1 });
    expect(await tenant.consume(request)).not.toHaveProperty("replayed");
    expect(await tenant.usage()).toMatchObject({ tokens_in: 13, calls: 3, users: 2 });
    expect((await tenant.audit()).ok).toBe(true);
  });

  test("of a configuration", async () => {
    const tenant = newTenant();
    await tenant.configure({ max_tokens: 5 });
    await failNext(tenant, "INTO config");
    expect(await failureOf(tenant.configure({ max_tokens: 50 }))).toContain("disk I/O error");
    expect(await tenant.config()).toMatchObject({ version: 1, config: { max_tokens: 5 } });
    expect((await tenant.consume({ tokens_in: 5 })).state).toBe("blocked");
  });

  test("of a bucket's limits", async () => {
    const tenant = newTenant();
    const alice = { scope: "user", id: "alice" };
    await tenant.usage();
    await failNext(tenant, "INTO ledger");
    expect(await failureOf(tenant.setLimits(alice, { max_tokens: 0 }))).toContain("disk I/O error");
    expect((await tenant.usageFor("alice")).override).toBeNull();
  });

  test("of a token's revocation", async () => {
    const tenant = newTenant();
    const caller = { jti: "t" };
    const revoke = () => tenant.run({ op: "revoke_token", id: "t" });
    await tenant.run({ op: "config" }, caller);
    await failNext(tenant, "INTO ledger");
    expect(await failureOf(revoke())).toContain("disk I/O error");
    await tenant.run({ op: "config" }, caller);
    await revoke();
    expect((await refusalOf(tenant.run({ op: "config" }, caller))).code).toBe("token_revoked");
  });

  test.each(["INTO reservation", "INTO ledger"])("of a reservation: %s", async (query) => {
    const tenant = await configured({ max_tokens: 10 });
    await failNext(tenant, query);
    expect(await failureOf(tenant.reserve({ tokens: 6 }))).toContain("disk I/O error");
    expect((await tenant.usage()).held).toMatchObject({ tokens: 0, reservations: 0 });
    const { id } = await tenant.reserve({ tokens: 6 });
    await failNext(tenant, query);
    expect(await failureOf(tenant.commit(id, { tokens_in: 3 }))).toContain("disk I/O error");
    expect(await tenant.usage()).toMatchObject({ tokens_in: 0, held: { tokens: 6, reservations: 1 } });
    await tenant.commit(id, { tokens_in: 3 });
    expect(await tenant.usage()).toMatchObject({ tokens_in: 3, calls: 1, held: { tokens: 0 } });
    expect((await ledgerOf(tenant)).map(({ kind }) => kind)).toEqual(["config", "hold", "commit"]);
  });

  test("of an alarm, whose work the next one does", async () => {
    const tenant = tenantAt(START_MS);
    await tenant.reserve({ tokens: 6, on_expiry: "charge" });
    await failNext(tenant, "INTO tenant");
    expect(await failureOf(ring(tenant, START_MS + MINUTE_MS))).toContain("disk I/O error");
    expect(await tenant.usage()).toMatchObject({ tokens_out: 6, calls: 1 });
    expect(await ledgerOf(tenant, { kind: "expiry" })).toHaveLength(1);
    expect((await tenant.audit()).ok).toBe(true);
  });
});

/** The writes acknowledged to a mixed load, and the tenant's total after them. */
class Acknowledged {
  readonly entries = { consume: 0, hold: 0, commit: 0, release: 0, adjustment: 0, config: 0 };
  readonly open: string[] = [];
  tokens = 0;
  failures = 0;

  /** Waits for a call, and records what it did, unless it failed. */
  async note(kind: keyof Acknowledged["entries"], tokens: number, call: Promise<Answer<object | null>>): Promise<void> {
    const answer = await call.catch(() => undefined);
    if (!answer) {
      this.failures += 1;
      return;
    }
    const value = valueIn(answer);
    this.entries[kind] += 1;
    this.tokens += tokens;
    if (kind === "hold" && value && "id" in value) this.open.push(value.id as string);
  }
}

function parse<K extends OperationName>(op: K, input: InputOf<K>): Operation {
  return parseOperation(op, input, undefined) as Operation;
}

/** Ten operations of all kinds, sent together. */
async function sendWave(budget: TenantBudget, wave: number, acked: Acknowledged): Promise<void> {
  const note = (kind: keyof Acknowledged["entries"], tokens: number, operation: Operation) =>
    acked.note(kind, tokens, budget.run(operation));
  const who = (i: number) => ({ user_id: `${(wave + i) % 6}`, labels: { model: `${i % 2}` } });
  const [settling, releasing] = [acked.open.shift(), acked.open.shift()];
  const calls = [0, 1, 2].flatMap((i) => [
    note("consume", 1, parse("consume", { request: { ...who(i), tokens_in: 1, idempotency_key: `${wave} ${i}` } })),
    note("hold", 0, parse("reserve", { request: { ...who(i), tokens: 5, ttl_seconds: 600 } })),
  ]);
  if (settling) calls.push(note("commit", 7, parse("commit", { id: settling, request: { tokens_in: 7 } })));
  if (releasing) calls.push(note("release", 0, parse("release", { id: releasing, request: {} })));
  const tenant = { scope: "tenant", id: null };
  calls.push(
    note("adjustment", 2, parse("adjust", { bucket: tenant, request: { tokens_out: 2, note: "x" } })),
    note("config", 0, parse("patch_config", { patch: { max_calls: 1_000_000 + wave }, edit: {} })),
  );
  await Promise.all(calls);
}

describe("when every n-th write fails under a mixed load, what was acknowledged counts once, and nothing else", () => {
  test.each([2, 3, 4, 5, 6, 7, 40])("n = %i", async (n) => {
    const tenant = await configured({ max_tokens: 1_000_000, per_model_max_tokens_per_day: 1_000_000, max_users: 4 });
    const acked = new Acknowledged();
    acked.entries.config = 1;
    let [writes, faults] = [0, 0];
    for (let wave = 0; wave < 15; wave += 1) {
      if (wave % 5 === 0) {
        if (wave > 0) await evictDurableObject(tenant.object);
        await interceptSql(tenant, (exec, sql, ...bindings) => {
          if (!/^\s*(INSERT|DELETE)/.test(sql)) return exec(sql, ...bindings);
          writes += 1;
          if (writes % n > 0) return exec(sql, ...bindings);
          faults += 1;
          throw new Error("disk I/O error");
        });
      }
      setNow(START_MS + wave);
      // Inside the object, since the platform prints each fault that leaves it.
      await runInDurableObject(tenant.object, (budget: TenantBudget) => sendWave(budget, wave, acked));
    }
    await interceptSql(tenant, undefined);
    expect(faults).toBeGreaterThan(1);
    // Operations whose commit fails run again one by one, so that a rare fault may fail none of them.
    if (n < 40) expect(acked.failures).toBeGreaterThan(0);
    const { entries, tokens } = acked;
    const audited = async () => {
      const { tokens_total, calls, held } = await tenant.usage();
      expect([tokens_total, calls]).toEqual([tokens, entries.consume + entries.commit]);
      expect(held.reservations).toBe(entries.hold - entries.commit - entries.release);
      expect((await tenant.config()).version).toBe(entries.config);
      const told = Map.groupBy(await ledgerOf(tenant), ({ kind }) => kind);
      const counts = Object.keys(entries).map((kind) => [kind, told.get(kind as keyof typeof entries)?.length ?? 0]);
      expect(Object.fromEntries(counts)).toEqual(entries);
      expect(await tenant.audit()).toMatchObject({ ok: true, totals: { tokens_total: tokens } });
    };
    await audited();
    await evictDurableObject(tenant.object);
    await audited();
    await tenant.consume({ user_id: "alice", tokens_in: 1 });
    expect((await tenant.usage()).tokens_total).toBe(tokens + 1);
  });
});
