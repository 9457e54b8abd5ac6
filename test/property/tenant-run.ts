import { evictDurableObject, runDurableObjectAlarm } from "cloudflare:test";
import { expect } from "vitest";
import {
  type Answer,
  type Caller,
  type ExportedRow,
  idempotencyKeyIn,
  type LedgerEntry,
  type Operation,
  type Page,
} from "../../src/wire/index.ts";
import { ledgerOf, newTenant, START_MS, setNow, valueIn } from "../tenant/tenant.ts";
import { BudgetModel, type ModelAnswer } from "./budget-model.ts";
import { KEYS, type Step } from "./bursts.ts";
import { keyIn, nameOf } from "./model-accounts.ts";
import { type Amounts, amountsIn, NO_AMOUNTS, sumOf, type WireAmounts } from "./model-amounts.ts";
import { totalOf } from "./model-buckets.ts";

const NO_RESERVATION = "01AAAAAAAAAAAAAAAAAAAAAAAA";
const ULID = /[0-9A-HJKMNP-TV-Z]{26}/g;
/** What of an answer the model does not know. */
const UNKNOWN: readonly string[] = ["retry_after", "resets_at"];

/** A tenant's object and its model, to which the same operations go, and which have to answer the same. */
export class TenantRun {
  readonly #tenant = newTenant();
  readonly #model = new BudgetModel();
  /** What the model calls a reservation, and the id that the object gave it. */
  readonly #ids = new Map<string, string>();
  readonly #names = new Map<string, string>();
  readonly #made: Operation[] = [];
  #nowMs = START_MS;

  constructor() {
    setNow(this.#nowMs);
  }

  /** Lets time pass, before which the object can leave memory, or after which its alarm can go off. */
  async pass(afterMs: number, befalls: string): Promise<void> {
    if (befalls === "eviction") {
      // A read's touch is in memory until the next write, so the object leaves right after one.
      await this.send([{ op: "consume", request: {} }]);
      await evictDurableObject(this.#tenant);
    }
    this.#nowMs += afterMs;
    setNow(this.#nowMs);
    if (befalls !== "alarm") return;
    const isLive = this.#model.accounts.holds.some(({ state }) => state === "held");
    const hasRung = await runDurableObjectAlarm(this.#tenant);
    if (isLive) expect(hasRung).toBe(true);
    if (!hasRung) return;
    this.#model.expire(this.#nowMs);
    this.#model.accounts.keepWithin();
  }

  /** Makes an operation of a step. */
  operationOf({ operation: { nth, ...template }, key }: Step): Operation {
    const earlier = "before" in key ? this.#made.at(-1 - key.before) : undefined;
    if (earlier && key.is === "all") return earlier;
    const known = this.#model.accounts.holds.filter((hold) => this.#ids.has(hold.id));
    const id = nth == null ? "none" : (known.at(-1 - (nth % Math.max(1, known.length)))?.id ?? "none");
    const n = this.#made.length;
    const operation = {
      ...template,
      ...(nth !== undefined && { id }),
      ...("pseudonym" in template && { pseudonym: `erased ${n}` }),
    } as Operation;
    const own = key.is === "none" ? undefined : `key ${n}`;
    const made = withKey(operation, (earlier && idempotencyKeyIn(earlier)) ?? own);
    this.#made.push(made);
    return made;
  }

  /** Sends operations at once, in one call or each in its own. Every second one goes with its fields in reverse. */
  async send(operations: readonly Operation[], caller?: Caller, isBatch = false): Promise<void> {
    const expected = operations.map((operation) => this.#model.perform(operation, caller, this.#nowMs));
    const sent = operations.map((operation, i) => inOrder(this.#withId(operation), i % 2 === 1));
    const answers = isBatch
      ? await this.#tenant.batch(sent as Operation[], caller)
      : await Promise.all(sent.map((operation) => this.#tenant.run(operation, caller)));
    for (const [i, answer] of (answers as Answer<unknown>[]).entries()) {
      const { op } = operations[i] as Operation;
      if (op === "reserve" && answer.ok) this.#learn(answer.value, expected[i]);
      expect([op, this.#told(answer)]).toEqual([op, expected[i]]);
    }
  }

  /** Asks for all there is, one by one, page by page, and as it is stored. */
  async end(): Promise<void> {
    const { accounts, versions, replays } = this.#model;
    const keys = [...KEYS, ...accounts.buckets.map(({ scope, subject }) => ({ scope, subject }))];
    await this.send([
      ...keys.map((key) => ({ op: "usage", key }) as const),
      ...accounts.holds.map(({ id }) => ({ op: "reservation", id }) as const),
      { op: "config" },
      { op: "audit" },
    ]);
    const reservations = await pagesOf("", (after) => this.#tenant.reservations({ after, limit: 2 }));
    expect(this.#named(reservations)).toEqual(this.#model.reservations());
    expect(await pagesOf(0, (after) => this.#tenant.configHistory({ after, limit: 2 }))).toEqual(versions);
    this.#addUp(await ledgerOf(this.#tenant, { limit: 3 }));

    const rows = await pagesOf("", async (after) => {
      return (await this.#tenant.run({ op: "export", after })) as Answer<Page<ExportedRow, string>>;
    });
    const count = (table: string) => rows.filter((each) => each.table === table).length;
    expect(["config", "control", "bucket", "reservation", "idempotency"].map(count)).toEqual([
      versions.length,
      accounts.controls.length,
      accounts.buckets.length - 1,
      accounts.holds.length,
      replays.size,
    ]);
  }

  /** The ledger has an entry for each thing that happened, and adds up to each bucket's totals. */
  #addUp(ledger: readonly LedgerEntry[]): void {
    const { entries, buckets } = this.#model.accounts;
    expect(ledger.map(entryTold)).toEqual(entries);
    const ids = ledger.map(({ id }) => id);
    expect(ids).toEqual([...new Set(ids)].sort((a, b) => a - b));
    const sums = sumsOf(ledger);
    const totals = new Map(buckets.map((bucket) => [JSON.stringify(nameOf(bucket)), totalOf(bucket)]));
    for (const name of new Set([...sums.keys(), ...totals.keys()])) {
      expect([name, sumOf(sums.get(name) ?? [], NO_AMOUNTS)]).toEqual([name, totals.get(name) ?? NO_AMOUNTS]);
    }
  }

  #learn(value: unknown, expected: ModelAnswer | undefined): void {
    const { id } = value as { id: string };
    const { id: name } = (expected && "value" in expected ? expected.value : {}) as { id?: string };
    if (name === undefined) return;
    this.#ids.set(name, id);
    this.#names.set(id, name);
  }

  #withId(operation: Operation): Operation {
    return "id" in operation ? { ...operation, id: this.#ids.get(operation.id) ?? NO_RESERVATION } : operation;
  }

  /** An object's answer as the model gives it. */
  #told(answer: Answer<unknown>): unknown {
    if (answer.ok) return { value: this.#named(answer.value) };
    const { code, decision } = answer.refusal;
    const isFull = code === "limit_reached" || code === "budget_exhausted";
    return isFull ? { refused: "no room", decision: this.#named(decision) } : { refused: code };
  }

  #named(value: unknown): unknown {
    const text = JSON.stringify(value).replace(ULID, (id) => this.#names.get(id) ?? id);
    return JSON.parse(text, (field, each) => {
      if (UNKNOWN.includes(field)) return undefined;
      return each?.kind ? entryTold(each) : each;
    });
  }
}

/** An entry of the ledger as the model tells it. */
function entryTold({ kind, late }: LedgerEntry): string {
  return late ? `late ${kind}` : kind;
}

function withKey(operation: Operation, idempotency_key: string | undefined): Operation {
  if (idempotency_key === undefined || operation.op === "allows_step") return operation;
  if ("edit" in operation) return { ...operation, edit: { ...operation.edit, idempotency_key } };
  if (!("request" in operation)) return operation;
  return { ...operation, request: { ...operation.request, idempotency_key } } as Operation;
}

/** The operation with its fields in the same order or in reverse, which makes it no other. */
function inOrder(operation: Operation, isReverse: boolean): Operation {
  const isObject = (value: unknown) => typeof value === "object" && value !== null && !Array.isArray(value);
  if (!isReverse) return operation;
  return JSON.parse(JSON.stringify(operation), (_, value) =>
    isObject(value) ? Object.fromEntries(Object.entries(value).reverse()) : value,
  );
}

async function pagesOf<T, After>(first: After, read: (after: After) => Promise<Answer<Page<T, After>>>): Promise<T[]> {
  const items: T[] = [];
  for (let after: After | null = first; after !== null; ) {
    const page: Page<T, After> = valueIn(await read(after));
    items.push(...page.items);
    after = page.next;
  }
  return items;
}

/** What the ledger says was added to each bucket, by the bucket's name. */
function sumsOf(ledger: readonly LedgerEntry[]): Map<string, Amounts[]> {
  const sums = new Map<string, Amounts[]>();
  const add = (name: object, amounts: WireAmounts) => {
    const text = JSON.stringify(name);
    sums.set(text, [...(sums.get(text) ?? []), amountsIn(amounts)]);
  };
  for (const entry of ledger) {
    if (entry.bucket) add(entry.bucket, entry);
    for (const scope of entry.bucket ? [] : ["tenant", "user", ...(entry.scopes ?? [])]) {
      const key = keyIn(scope, { user: entry.user_id ?? null, labels: entry.labels ?? {} });
      if (key) add(nameOf(key), entry.exceptions?.find((each) => each.scope === scope) ?? entry);
    }
  }
  return sums;
}
