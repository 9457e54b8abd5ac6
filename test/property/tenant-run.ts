import { evictDurableObject, runDurableObjectAlarm } from "cloudflare:test";
import { expect } from "vitest";
import { type Caller, idempotencyKeyIn, type Operation } from "../../src/operations/index.ts";
import type { Answer, ExportedRow, LedgerEntry, Page } from "../../src/wire/index.ts";
import { ledgerOf, newObject as newTenant, valueIn } from "../tenant/object.ts";
import { START_MS, setNow } from "../tenant/tenant.ts";
import { BudgetModel, type ModelAnswer } from "./budget-model.ts";
import { KEYS, type Step } from "./bursts.ts";
import { keyIn, nameOf, OVERFLOW } from "./model-accounts.ts";
import { type Amounts, amountsIn, NO_AMOUNTS, sumOf, type WireAmounts } from "./model-amounts.ts";
import { totalOf } from "./model-buckets.ts";

const NO_RESERVATION = "01AAAAAAAAAAAAAAAAAAAAAAAA";
const ULID = /[0-9A-HJKMNP-TV-Z]{26}/g;
/** What of an answer the model does not know. */
const UNKNOWN: readonly string[] = ["resets_at", "entries"];
/** More than a case has. */
const MANY_USERS = 100;
/** What it does not know while buckets can be idle, since they may be found out to be so later. */
const UNKNOWN_OF_IDLE: readonly string[] = ["buckets", "users", "overflowing"];

/** A tenant's object and its model, to which the same operations go, and which have to answer the same. */
export class TenantRun {
  readonly #tenant = newTenant();
  readonly #model = new BudgetModel();
  /** What the model calls a reservation, and the id that the object gave it. */
  readonly #ids = new Map<string, string>();
  readonly #names = new Map<string, string>();
  readonly #made: Operation[] = [];
  readonly #hasIdle: boolean;
  #nowMs = START_MS;
  /** Whether the object is in memory. */
  #isRunning = false;

  /** @param hasIdle true if the configuration has an idle time */
  constructor(hasIdle = false) {
    this.#hasIdle = hasIdle;
    setNow(this.#nowMs);
  }

  /** Lets time pass, before which the object can leave memory, or after which its alarm can go off. */
  async pass(afterMs: number, befalls: string): Promise<void> {
    // A read's touch can be in memory until something is written, by a consume or by an audit; then the object leaves.
    // The order of touches does not matter far below the bound, and for the idle rule each is written in time.
    const isBounded = (this.#model.accounts.config.max_users ?? MANY_USERS) < MANY_USERS;
    if (befalls === "leaves" && isBounded) await this.send([{ op: "consume", request: {} }]);
    if (befalls === "audited") await this.send([{ op: "audit" }]);
    if (this.#isRunning && (befalls === "leaves" || befalls === "audited")) {
      await evictDurableObject(this.#tenant);
      this.#isRunning = false;
    }
    const { accounts } = this.#model;
    this.#nowMs += afterMs;
    while (accounts.isAnyUncertain(this.#nowMs)) this.#nowMs += 1000;
    setNow(this.#nowMs);
    if (befalls !== "alarm") return;
    const isLive = accounts.holds.some(({ state }) => state === "held");
    const hasRung = await runDurableObjectAlarm(this.#tenant);
    this.#isRunning ||= hasRung;
    if (isLive) expect(hasRung).toBe(true);
    if (!hasRung) return;
    this.#model.expire(this.#nowMs);
    this.#model.accounts.keepWithin(this.#nowMs);
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
  async send(all: readonly Operation[], caller?: Caller, isBatch = false): Promise<void> {
    // Alone, a call that meets a fault has no answer.
    const operations = isBatch ? all : all.filter(({ op }) => (op as string) !== "broken");
    this.#isRunning ||= operations.length > 0;
    const expected = operations.map((operation) => this.#model.perform(operation, caller, this.#nowMs));
    const sent = operations.map((operation, i) => inOrder(this.#withId(operation), i % 2 === 1));
    const answers = isBatch
      ? await this.#tenant.batch(sent as Operation[], caller)
      : await Promise.all(sent.map((operation) => this.#tenant.run(operation, caller)));
    for (const [i, answer] of (answers as Answer<unknown>[]).entries()) {
      const { op } = operations[i] as Operation;
      if (op === "reserve" && answer.ok) this.#learn(answer.value, expected[i]);
      const known = this.#known(expected[i]);
      expect([op, asFarAs(this.#told(answer), known)]).toEqual([op, known]);
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
    expect(["config", "control", "reservation", "idempotency"].map(count)).toEqual([
      versions.length,
      accounts.controls.length,
      accounts.holds.length,
      replays.size,
    ]);
    if (!this.#hasIdle) expect(count("bucket")).toBe(accounts.buckets.length - 1);
  }

  /** The ledger has an entry for each thing that happened, and adds up to each bucket's totals. */
  #addUp(ledger: readonly LedgerEntry[]): void {
    const { entries, buckets } = this.#model.accounts;
    expect(this.#known(ledger.map(entryTold))).toEqual(this.#known(entries));
    // Which refusals share an entry goes by when the object was started anew.
    const refusals = ledger.filter(({ kind }) => kind === "refusal").map(({ times = 1 }) => times);
    expect(refusals.reduce((sum, times) => sum + times, 0)).toBe(entries.filter((each) => each === "refusal").length);
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
    const told = JSON.parse(text, (_, each) => (each?.kind ? entryTold(each) : each));
    return this.#known(told);
  }

  /** What the model knows of an answer. */
  #known<T>(value: T): T {
    if (Array.isArray(value)) {
      const unknown = this.#hasIdle ? ["refusal", "eviction idle", "erasure"] : ["refusal"];
      const isKnown = (each: unknown) => typeof each !== "string" || !unknown.includes(each);
      return value.filter(isKnown).map((each) => this.#known(each)) as T;
    }
    if (typeof value !== "object" || value === null) return value;
    const unknown = this.#hasIdle ? [...UNKNOWN, ...UNKNOWN_OF_IDLE] : UNKNOWN;
    const fields = Object.entries(value).filter(([field]) => !unknown.includes(field));
    return Object.fromEntries(fields.map(([field, each]) => [field, this.#known(each)])) as T;
  }
}

/** A value without the fields of which what is expected says that they are not known. */
function asFarAs(value: unknown, expected: unknown): unknown {
  const isObject = (each: unknown): each is Record<string, unknown> => typeof each === "object" && each !== null;
  if (!isObject(value) || !isObject(expected)) return value;
  if (Array.isArray(value)) return value.map((each, i) => asFarAs(each, expected[i]));
  const fields = Object.entries(value).filter(([field]) => !(field in expected) || expected[field] !== undefined);
  return Object.fromEntries(fields.map(([field, each]) => [field, asFarAs(each, expected[field])]));
}

/** An entry of the ledger as the model tells it. */
function entryTold({ kind, late, cause }: LedgerEntry): string {
  if (cause) return `${kind} ${cause}`;
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
      const own = keyIn(scope, { user: entry.user_id ?? null, labels: entry.labels ?? {} });
      const key = entry.overflow?.includes(scope) ? { scope, subject: OVERFLOW } : own;
      if (key) add(nameOf(key), entry.exceptions?.find((each) => each.scope === scope) ?? entry);
    }
  }
  return sums;
}
