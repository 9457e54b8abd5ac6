/** Sends the same operations to an object and to the model, and compares the answers. */
import { evictDurableObject, runDurableObjectAlarm } from "cloudflare:test";
import { expect } from "vitest";
import { keyNamed } from "../../src/core/index.ts";
import { type Caller, idempotencyKeyIn, OPERATIONS, type Operation } from "../../src/operations/index.ts";
import type { Answer, ExportedRow, LedgerEntry, Page } from "../../src/wire/index.ts";
import { ledgerOf, newObject, valueIn } from "../tenant/object.ts";
import { START_MS, setNow } from "../tenant/tenant.ts";
import { KEYS } from "./arbitrary-operations.ts";
import { BudgetModel, type ModelAnswer } from "./budget-model.ts";
import type { Event, Step } from "./bursts.ts";
import { ledgerTotals } from "./ledger-totals.ts";
import { NO_AMOUNTS } from "./model-amounts.ts";
import { totalOf } from "./model-bucket.ts";
import { nameOf } from "./model-bucket-keys.ts";
import { usageOf } from "./model-bucket-operations.ts";

const NO_RESERVATION = "01AAAAAAAAAAAAAAAAAAAAAAAA";
const ULID = /[0-9A-HJKMNP-TV-Z]{26}/g;
/** The fields of an answer that the model does not predict. */
const UNKNOWN: readonly string[] = ["resets_at", "entries"];
/** More users than a case has. */
const MANY_USERS = 100;
/** The fields that it does not predict with an idle time, because idle buckets may be evicted later. */
const UNKNOWN_IF_IDLE: readonly string[] = ["buckets", "users", "overflowing"];

export class TenantRun {
  readonly #tenant = newObject();
  readonly #model = new BudgetModel();
  /** The object's id of each of the model's reservations, and the reverse. */
  readonly #ids = new Map<string, string>();
  readonly #names = new Map<string, string>();
  readonly #operations: Operation[] = [];
  readonly #hasIdle: boolean;
  #nowMs = START_MS;
  /** Whether the object is in memory. */
  #isRunning = false;

  /** @param hasIdle true if the configuration has an idle time */
  constructor(hasIdle = false) {
    this.#hasIdle = hasIdle;
    setNow(this.#nowMs);
  }

  /** Moves the clock. Before it, the object may be evicted; after it, its alarm may run. */
  async pass(afterMs: number, event: Event): Promise<void> {
    // The touches of reads are in memory only until the next consume or audit writes them, so one comes before an
    // eviction. Far below `max_users`, their order does not matter, and the idle rule has each written in time.
    const isBounded = (this.#model.tenant.config.max_users ?? MANY_USERS) < MANY_USERS;
    if (event === "eviction" && isBounded) await this.send([{ op: "consume", request: {} }]);
    if (event === "audit") await this.send([{ op: "audit" }]);
    if (this.#isRunning && (event === "eviction" || event === "audit")) {
      await evictDurableObject(this.#tenant);
      this.#isRunning = false;
    }
    const { tenant: model } = this.#model;
    this.#nowMs += afterMs;
    while (model.isAnyUncertain(this.#nowMs)) this.#nowMs += 1000;
    setNow(this.#nowMs);
    if (event !== "alarm") return;
    const hasOpen = model.reservations.some(({ state }) => state === "held");
    const hasRun = await runDurableObjectAlarm(this.#tenant);
    this.#isRunning ||= hasRun;
    if (hasOpen) expect(hasRun).toBe(true);
    if (!hasRun) return;
    this.#model.expire(this.#nowMs);
    model.evictExcess(this.#nowMs);
  }

  /** Completes a step's operation with its reservation's id, its pseudonym and its idempotency key. */
  operationOf({ operation: { nth, ...template }, idempotency }: Step): Operation {
    const earlier = "before" in idempotency ? this.#operations.at(-1 - idempotency.before) : undefined;
    if (earlier && idempotency.key === "repeat") return earlier;
    const known = this.#model.tenant.reservations.filter((each) => this.#ids.has(each.id));
    const id = nth == null ? "none" : (known.at(-1 - (nth % Math.max(1, known.length)))?.id ?? "none");
    const n = this.#operations.length;
    const operation = {
      ...template,
      ...(nth !== undefined && { id }),
      ...("pseudonym" in template && { pseudonym: `erased ${n}` }),
    } as Operation;
    const own = idempotency.key === "none" ? undefined : `key ${n}`;
    const completed = withIdempotencyKey(operation, (earlier && idempotencyKeyIn(earlier)) ?? own);
    this.#operations.push(completed);
    return completed;
  }

  /** Sends operations together, in one batch or each in its own call. Every second one has its fields reversed. */
  async send(all: readonly Operation[], caller?: Caller, isBatch = false): Promise<void> {
    // Outside a batch, a call that throws has no answer.
    const operations = isBatch ? all : all.filter(({ op }) => (op as string) !== "broken");
    this.#isRunning ||= operations.length > 0;
    const expected = operations.map((operation) => this.#model.run(operation, caller, this.#nowMs));
    const sent = operations.map((operation, i) => inOrder(this.#withId(operation), i % 2 === 1));
    const answers = isBatch
      ? await this.#tenant.batch(sent as Operation[], caller)
      : await Promise.all(sent.map((operation) => this.#tenant.run(operation, caller)));
    for (const [i, answer] of (answers as Answer<unknown>[]).entries()) {
      const { op } = operations[i] as Operation;
      if (answer.ok) expect([op, OPERATIONS[op].output.parse(answer.value)]).toEqual([op, answer.value]);
      if (op === "reserve" && answer.ok) this.#recordId(answer.value, expected[i]);
      const known = this.#known(expected[i]);
      expect([op, withoutUndefinedOf(this.#answerOf(answer), known)]).toEqual([op, known]);
    }
  }

  /** Compares everything that can be read, one by one and by page, and the number of stored rows. */
  async end(): Promise<void> {
    const { tenant: model, versions, replays } = this.#model;
    // The model evicts an idle bucket at once, the object at the latest when it is read, so every charged one is read.
    const charged = [...ledgerTotals(await ledgerOf(this.#tenant)).keys()].flatMap(
      (n) => keyNamed(JSON.parse(n)) ?? [],
    );
    const keys = [...KEYS, ...model.buckets.map(({ scope, subject }) => ({ scope, subject })), ...charged];
    await this.send([
      ...keys.map(usageOf),
      ...model.reservations.map(({ id }) => ({ op: "reservation", id }) as const),
      { op: "config" },
      { op: "audit" },
    ]);
    const reservations = await pagesOf("", (after) =>
      this.#tenant.run({ op: "reservations", query: { after, limit: 2 } }),
    );
    expect(this.#named(reservations)).toEqual(this.#model.reservations());
    const history = await pagesOf(0, (after) => this.#tenant.run({ op: "config_history", query: { after, limit: 2 } }));
    expect(history).toEqual(versions);
    this.#compareLedger(await ledgerOf(this.#tenant, { limit: 3 }));

    const rows = await pagesOf("", async (after) => {
      return (await this.#tenant.run({ op: "export", query: { after } })) as Answer<Page<ExportedRow, string>>;
    });
    const count = (table: string) => rows.filter((each) => each.table === table).length;
    expect(["config", "control", "reservation", "idempotency"].map(count)).toEqual([
      versions.length,
      model.overrides.size,
      model.reservations.length,
      replays.size,
    ]);
    if (!this.#hasIdle) expect(count("bucket")).toBe(model.buckets.length - 1);
  }

  /** The ledger has the model's entries, and they add up to each bucket's totals. */
  #compareLedger(ledger: readonly LedgerEntry[]): void {
    const { entries, buckets } = this.#model.tenant;
    expect(this.#known(ledger.map(kindOf))).toEqual(this.#known(entries));
    // Repeated refusals share an entry until the object restarts.
    const refusals = ledger.filter(({ kind }) => kind === "refusal").map(({ times = 1 }) => times);
    expect(refusals.reduce((sum, times) => sum + times, 0)).toBe(entries.filter((each) => each === "refusal").length);
    const ids = ledger.map(({ id }) => id);
    expect(ids).toEqual([...new Set(ids)].sort((a, b) => a - b));
    const sums = ledgerTotals(ledger);
    const totals = new Map(buckets.map((bucket) => [JSON.stringify(nameOf(bucket)), totalOf(bucket)]));
    for (const name of new Set([...sums.keys(), ...totals.keys()])) {
      expect([name, sums.get(name) ?? NO_AMOUNTS]).toEqual([name, totals.get(name) ?? NO_AMOUNTS]);
    }
  }

  #recordId(value: unknown, expected: ModelAnswer | undefined): void {
    const { id } = value as { id: string };
    const { id: name } = (expected && "value" in expected ? expected.value : {}) as { id?: string };
    if (name === undefined) return;
    this.#ids.set(name, id);
    this.#names.set(id, name);
  }

  #withId(operation: Operation): Operation {
    const isOfReservation = "id" in operation && OPERATIONS[operation.op].binding === "reservation";
    return isOfReservation ? { ...operation, id: this.#ids.get(operation.id) ?? NO_RESERVATION } : operation;
  }

  /** The object's answer in the model's form. */
  #answerOf(answer: Answer<unknown>): unknown {
    if (answer.ok) return { value: this.#named(answer.value) };
    const { code, decision } = answer.refusal;
    const isFull = code === "limit_reached" || code === "budget_exhausted";
    return isFull ? { refused: "no room", decision: this.#named(decision) } : { refused: code };
  }

  #named(value: unknown): unknown {
    const text = JSON.stringify(value).replace(ULID, (id) => this.#names.get(id) ?? id);
    return this.#known(JSON.parse(text, (_, each) => (each?.kind ? kindOf(each) : each)));
  }

  /** An answer without what the model does not predict. */
  #known<T>(value: T): T {
    if (Array.isArray(value)) {
      const unknown = this.#hasIdle ? ["refusal", "eviction idle", "erasure"] : ["refusal"];
      const isKnown = (each: unknown) => typeof each !== "string" || !unknown.includes(each);
      return value.filter(isKnown).map((each) => this.#known(each)) as T;
    }
    if (typeof value !== "object" || value === null) return value;
    const unknown = this.#hasIdle ? [...UNKNOWN, ...UNKNOWN_IF_IDLE] : UNKNOWN;
    const fields = Object.entries(value).filter(([field]) => !unknown.includes(field));
    return Object.fromEntries(fields.map(([field, each]) => [field, this.#known(each)])) as T;
  }
}

/** A value without the fields that are undefined in what is expected. */
function withoutUndefinedOf(value: unknown, expected: unknown): unknown {
  const isObject = (each: unknown): each is Record<string, unknown> => typeof each === "object" && each !== null;
  if (!isObject(value) || !isObject(expected)) return value;
  if (Array.isArray(value)) return value.map((each, i) => withoutUndefinedOf(each, expected[i]));
  const fields = Object.entries(value).filter(([field]) => !(field in expected) || expected[field] !== undefined);
  return Object.fromEntries(fields.map(([field, each]) => [field, withoutUndefinedOf(each, expected[field])]));
}

/** The model's name of a ledger entry. */
function kindOf({ kind, late, cause }: LedgerEntry): string {
  if (cause) return `${kind} ${cause}`;
  return late ? `late ${kind}` : kind;
}

function withIdempotencyKey(operation: Operation, idempotency_key: string | undefined): Operation {
  if (idempotency_key === undefined || operation.op === "allows_step") return operation;
  if ("edit" in operation) return { ...operation, edit: { ...operation.edit, idempotency_key } };
  if (!("request" in operation)) return operation;
  return { ...operation, request: { ...operation.request, idempotency_key } } as Operation;
}

/** The same operation, with its fields reversed or not. */
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
