/** The background job that erases a user's id from what is already stored. */
import type { Reservation } from "../../core/index.ts";
import { isHashed, type RecordedAnswer } from "../store/replay-store.ts";
import { deleteValue, getValue, putValue } from "../store/single-values.ts";
import type { TenantStores } from "../store/tenant-stores.ts";
import { pseudonymizeEntry } from "./erased-entry.ts";
import { type Person, pseudonymizeAnswer, pseudonymizeReservation } from "./person.ts";

/** How far a job has come: reservations after an id, then idempotency keys after one, then the ledger from an entry. */
type Position =
  | { readonly part: "reservations"; readonly after: string }
  | { readonly part: "keys"; readonly after: readonly [halfDay: number, key: string] }
  | { readonly part: "ledger"; readonly from: number };

/** An erasure in progress, as stored. Rows created after its start belong to a new user of the same id. */
interface Job extends Person {
  readonly lastEntry: number;
  readonly beforeReservation: string;
  readonly place: Position;
}

const JOB = "erasure";
/** How many parts the first commit of an erasure does: enough to finish a small tenant's. */
const FIRST_PARTS = 3;

/**
 * Replaces an erased user's id in stored reservations, idempotency keys and ledger entries, one part in each commit, so
 * that no call waits for all of it and memory stays bounded. Its position is stored. Operations that could read the id
 * wait until it is done.
 */
export class ErasureJob {
  readonly #tenant: TenantStores;
  readonly #sql: SqlStorage;
  /** Null if there is none; undefined if it has not been read. */
  #job: Job | null | undefined;
  #left = 1;

  constructor(tenant: TenantStores, sql: SqlStorage) {
    this.#tenant = tenant;
    this.#sql = sql;
  }

  get isPending(): boolean {
    return this.#current() !== null;
  }

  /** Starts a job for the rows stored now. No other erasure may be in progress. */
  start(person: Person, nowMs: number): void {
    const { reservations, ledger } = this.#tenant;
    const place = { part: "reservations", after: "" } as const;
    this.#left = FIRST_PARTS;
    this.#save({ ...person, lastEntry: ledger.lastId(), beforeReservation: reservations.newId(nowMs), place });
  }

  /** Does the parts that this commit has left; returns true if the job is done. */
  advance(nowMs: number): boolean {
    for (let job = this.#current(); job !== null; job = this.#current()) {
      if (this.#left === 0) return false;
      this.#left -= 1;
      const place = this.#doPart(job, nowMs);
      this.#save(place && { ...job, place });
    }
    return true;
  }

  startCommit(): void {
    this.#left = 1;
  }

  /** A stored reservation as it will be once the job is done. */
  reservationAfter(reservation: Reservation): Reservation {
    const job = this.#current();
    return job !== null && reservation.id < job.beforeReservation
      ? pseudonymizeReservation(job, reservation)
      : reservation;
  }

  /** A stored answer as it will be once the job is done. */
  answerAfter({ request, answer }: RecordedAnswer): unknown {
    const job = this.#current();
    return job !== null && !isHashed({ request }) ? pseudonymizeAnswer(job, request, answer) : answer;
  }

  discard(): void {
    this.#job = undefined;
  }

  /** @returns the position of the next part; null if there is none */
  #doPart(job: Job, nowMs: number): Position | null {
    const { reservations, replays, ledger } = this.#tenant;
    const { place, beforeReservation, lastEntry } = job;
    if (place.part === "reservations") {
      const after = reservations.rewriteSome(place.after, beforeReservation, (reservation) =>
        pseudonymizeReservation(job, reservation),
      );
      return after === undefined ? { part: "keys", after: [0, ""] } : { part: "reservations", after };
    }
    if (place.part === "keys") {
      const change = (request: string, answer: unknown) => pseudonymizeAnswer(job, request, answer);
      const after = replays.hashSome(place.after, change, nowMs);
      return after === undefined ? { part: "ledger", from: 0 } : { part: "keys", after };
    }
    const hash = (key: string) => replays.hashOf(key);
    const from = ledger.rewriteSome(place.from, lastEntry, (entry) => pseudonymizeEntry(job, entry, hash));
    return from === undefined ? null : { part: "ledger", from };
  }

  #current(): Job | null {
    if (this.#job === undefined) {
      const stored = getValue(this.#sql, JOB);
      this.#job = stored === undefined ? null : (JSON.parse(stored) as Job);
    }
    return this.#job;
  }

  #save(job: Job | null): void {
    this.#job = job;
    if (job) putValue(this.#sql, JOB, JSON.stringify(job));
    else deleteValue(this.#sql, JOB);
  }
}
