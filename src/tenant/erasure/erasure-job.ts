import type { Reservation } from "../../core/index.ts";
import { dropValue, keepValue, keptValue } from "../store/kept-values.ts";
import { isHashed, type Recorded } from "../store/replay-store.ts";
import type { TenantStores } from "../store/tenant-stores.ts";
import { entryWithout } from "./erased-entry.ts";
import { answerWithout, type Person, reservationWithout } from "./person.ts";

/** Where a job stands: in reservations after an id, in keys after one, or in the ledger from an entry on. */
type Place =
  | { readonly part: "reservations"; readonly after: string }
  | { readonly part: "keys"; readonly after: readonly [halfDay: number, key: string] }
  | { readonly part: "ledger"; readonly from: number };

/** An erasure under way, as stored. What was made after it began is another's, though it has the same id. */
interface Job extends Person {
  readonly lastEntry: number;
  readonly beforeReservation: string;
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
    const { reservations, ledger } = this.#tenant;
    const place = { part: "reservations", after: "" } as const;
    this.#left = FIRST_PARTS;
    this.#keep({ ...person, lastEntry: ledger.lastId(), beforeReservation: reservations.newId(nowMs), place });
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
  reservationAfter(reservation: Reservation): Reservation {
    const job = this.#current();
    return job !== null && reservation.id < job.beforeReservation ? reservationWithout(job, reservation) : reservation;
  }

  /** A kept answer as it will be once the job is done. */
  answerAfter({ request, answer }: Recorded): unknown {
    const job = this.#current();
    return job !== null && !isHashed({ request }) ? answerWithout(job, request, answer) : answer;
  }

  discard(): void {
    this.#job = undefined;
  }

  #placeAfter(job: Job, nowMs: number): Place | null {
    const { reservations, replays, ledger } = this.#tenant;
    const { place, beforeReservation, lastEntry } = job;
    if (place.part === "reservations") {
      const after = reservations.rewriteSome(place.after, beforeReservation, (reservation) =>
        reservationWithout(job, reservation),
      );
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
