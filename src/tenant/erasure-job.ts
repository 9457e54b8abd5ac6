import type { Hold } from "../core/index.ts";
import { entryWithout } from "./erased-entry.ts";
import { dropValue, keepValue, keptValue } from "./kept-values.ts";
import { answerWithout, holdWithout, type Person } from "./person.ts";
import { isHashed, type Recorded } from "./replay-store.ts";
import type { TenantStores } from "./tenant-stores.ts";

/** Where a job stands: in reservations after an id, in keys after one, or in the ledger from an entry on. */
type Place =
  | { readonly part: "reservations"; readonly after: string }
  | { readonly part: "keys"; readonly after: readonly [halfDay: number, key: string] }
  | { readonly part: "ledger"; readonly from: number };

/** An erasure under way, as stored. What was made after it began is another's, though it has the same id. */
interface Job extends Person {
  readonly lastEntry: number;
  readonly beforeHold: string;
  readonly place: Place;
}

const JOB = "erasure";
/** How many parts the commit that begins an erasure takes: all that a small tenant has. */
const FIRST_PARTS = 3;

/**
 * Replaces an erased person's id in all that is stored of the past, a part in each commit, so that no call waits for
 * the whole of it and memory holds little of it. It is stored how far it has come. Whoever would read the id waits.
 */
export class ErasureJob {
  readonly #tenant: TenantStores;
  readonly #sql: SqlStorage;
  /** Null if there is none, undefined if that is not known. */
  #job: Job | null | undefined;
  #left = 1;

  constructor(tenant: TenantStores, sql: SqlStorage) {
    this.#tenant = tenant;
    this.#sql = sql;
  }

  get isPending(): boolean {
    return this.#current() !== null;
  }

  /** Begins with what is stored now. No other erasure may be under way. */
  begin(person: Person, nowMs: number): void {
    const { holds, ledger } = this.#tenant;
    const place = { part: "reservations", after: "" } as const;
    this.#left = FIRST_PARTS;
    this.#keep({ ...person, lastEntry: ledger.lastId(), beforeHold: holds.newId(nowMs), place });
  }

  /** Does as many parts as this commit can still take; true if nothing is left to do. */
  advance(nowMs: number): boolean {
    for (let job = this.#current(); job !== null; job = this.#current()) {
      if (this.#left === 0) return false;
      this.#left -= 1;
      const place = this.#placeAfter(job, nowMs);
      this.#keep(place && { ...job, place });
    }
    return true;
  }

  /** Begins the next commit. */
  beginCommit(): void {
    this.#left = 1;
  }

  /** A hold as it will be once the job is done. */
  holdAfter(hold: Hold): Hold {
    const job = this.#current();
    return job !== null && hold.id < job.beforeHold ? holdWithout(job, hold) : hold;
  }

  /** A kept answer as it will be once the job is done. */
  answerAfter({ request, answer }: Recorded): unknown {
    const job = this.#current();
    return job !== null && !isHashed({ request }) ? answerWithout(job, request, answer) : answer;
  }

  forget(): void {
    this.#job = undefined;
  }

  #placeAfter(job: Job, nowMs: number): Place | null {
    const { holds, replays, ledger } = this.#tenant;
    const { place, beforeHold, lastEntry } = job;
    if (place.part === "reservations") {
      const after = holds.rewriteSome(place.after, beforeHold, (hold) => holdWithout(job, hold));
      return after === undefined ? { part: "keys", after: [0, ""] } : { part: "reservations", after };
    }
    if (place.part === "keys") {
      const change = (request: string, answer: unknown) => answerWithout(job, request, answer);
      const after = replays.hashSome(place.after, change, nowMs);
      return after === undefined ? { part: "ledger", from: 0 } : { part: "keys", after };
    }
    const hash = (key: string) => replays.hashOf(key);
    const from = ledger.rewriteSome(place.from, lastEntry, (entry) => entryWithout(job, entry, hash));
    return from === undefined ? null : { part: "ledger", from };
  }

  #current(): Job | null {
    if (this.#job === undefined) {
      const stored = keptValue(this.#sql, JOB);
      this.#job = stored === undefined ? null : (JSON.parse(stored) as Job);
    }
    return this.#job;
  }

  #keep(job: Job | null): void {
    this.#job = job;
    if (job) keepValue(this.#sql, JOB, JSON.stringify(job));
    else dropValue(this.#sql, JOB);
  }
}
