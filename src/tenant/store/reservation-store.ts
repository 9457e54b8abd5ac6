import { decodeTime, encodeTime, monotonicFactory } from "ulid";
import type { Estimated, OpenReservations, Pending, Reservation, ReservationState, Scope } from "../../core/index.ts";
import type { Page } from "../../wire/index.ts";
import { takePage } from "./page-bounds.ts";
import { RowWriter } from "./row-writer.ts";
import type { TenantRow } from "./tenant-row.ts";

interface ReservationRow extends Record<string, SqlStorageValue> {
  hold: string;
}

/** Which holds a page is of: after an id, in a state, and of a step with this user and these labels. */
interface ReservationQuery {
  readonly after: string;
  readonly limit: number;
  readonly state?: ReservationState | undefined;
  readonly user?: string | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
}

/** How many holds one turn of an erasure reads. */
const MAX_REWRITTEN = 500;
/** How many holds one page looks through. */
const MAX_SCANNED = 5000;
const ULID_TIME_LENGTH = 10;
/** After every id: they are in Crockford's base 32. */
const AFTER_ALL = "~";

/**
 * Holds in SQLite, a row each, with those that live in memory too. A row is written when its hold is made and again
 * when it is settled, once where both are in one flush.
 */
export class ReservationStore {
  readonly #sql: SqlStorage;
  readonly #rows: RowWriter;
  readonly #row: TenantRow;
  readonly #open: OpenReservations;
  readonly #ulid = monotonicFactory();
  /** The earliest time that a new id can tell. */
  #idsFromMs = 0;
  readonly #unwritten = new Map<string, Reservation>();
  #isLoaded = false;

  /** @param live what it keeps of the holds that live, for the rules to read */
  constructor(sql: SqlStorage, row: TenantRow, open: OpenReservations) {
    this.#sql = sql;
    this.#rows = new RowWriter(sql, "reservation", ["id"], ["state", "hold"]);
    this.#row = row;
    this.#open = open;
  }

  /** A ULID, after all others: in order of creation within a millisecond too, and where the clock has gone back. */
  newId(nowMs: number): string {
    return this.#ulid(Math.max(nowMs, this.#idsFromMs));
  }

  /**
   * Makes sure that the holds that live are in memory. Reads the rows since the oldest of them: there is no index of
   * those that live, since each hold would cost two more rows.
   */
  load(): void {
    if (this.#isLoaded) return;
    this.#isLoaded = true;
    const rows = this.#sql.exec<ReservationRow>(
      "SELECT hold FROM reservation WHERE id >= ? AND state = 'held' ORDER BY id",
      this.#row.get()?.openSince ?? "",
    );
    for (const { hold } of rows.toArray()) this.#open.put(reservationFromText(hold));
    const { last } = this.#sql.exec<{ last: string | null }>("SELECT max(id) AS last FROM reservation").one();
    this.#idsFromMs = last === null ? 0 : decodeTime(last) + 1;
  }

  get(id: string): Reservation | undefined {
    const known = this.#open.get(id) ?? this.#unwritten.get(id);
    if (known) return known;
    const [row] = this.#sql.exec<ReservationRow>("SELECT hold FROM reservation WHERE id = ?", id);
    return row && reservationFromText(row.hold);
  }

  put(reservation: Reservation): void {
    this.#open.put(reservation);
    this.#unwritten.set(reservation.id, reservation);
  }

  /**
   * A page of the holds after an id that fit, in order of creation. It looks through no more than `MAX_SCANNED` and
   * those of the second of the last of them, so it can be short, or empty, and not be the last.
   */
  page({ after, limit, state, user, labels = {} }: ReservationQuery): Page<Reservation, string> {
    this.flush();
    const own = Object.entries(labels);
    const filters = [
      ...(state === undefined ? [] : ["state = ?"]),
      ...(user === undefined ? [] : ["json_extract(hold, '$.subject.userId') = ?"]),
      ...own.map(() => "json_extract(hold, ?) = ?"),
    ];
    const bindings = [
      ...(state === undefined ? [] : [state]),
      ...(user === undefined ? [] : [user]),
      ...own.flatMap(([name, value]) => [`$.subject.labels."${name}"`, value]),
    ];
    const before = this.#scannedTo(after);
    const found = this.#sql.exec<ReservationRow>(
      `SELECT hold FROM reservation WHERE ${["id > ?", "id < ?", ...filters].join(" AND ")} ORDER BY id LIMIT ?`,
      after,
      before ?? AFTER_ALL,
      ...bindings,
      limit + 1,
    );
    const { rows, hasMore } = takePage(found, limit);
    const items = rows.map(({ hold }) => reservationFromText(hold));
    return { items, next: hasMore ? (items.at(-1)?.id ?? null) : before };
  }

  /**
   * Drops holds that were settled by a time, so many at a time, and returns how many it dropped. An id tells when a hold
   * was made, which is before it was settled.
   */
  deleteSettledBy(cutoffMs: number, limit: number): number {
    return this.#sql.exec(
      `DELETE FROM reservation WHERE id IN
         (SELECT id FROM reservation
          WHERE id < ? AND state <> 'held' AND json_extract(hold, '$.settledAtMs') <= ? ORDER BY id LIMIT ?)`,
      encodeTime(Math.max(0, cutoffMs + 1), ULID_TIME_LENGTH),
      cutoffMs,
      limit,
    ).rowsWritten;
  }

  /**
   * Changes some of the holds after one and before another, open and settled ones, of which `change` returns another.
   *
   * @returns after which to go on; undefined at the end
   */
  rewriteSome(after: string, before: string, change: (reservation: Reservation) => Reservation): string | undefined {
    this.flush();
    const found = this.#sql.exec<ReservationRow>(
      "SELECT hold FROM reservation WHERE id > ? AND id < ? ORDER BY id LIMIT ?",
      after,
      before,
      MAX_REWRITTEN + 1,
    );
    const { rows, hasMore } = takePage(found, MAX_REWRITTEN);
    const reservations = rows.map(({ hold }) => reservationFromText(hold));
    for (const reservation of reservations) {
      const changed = change(reservation);
      if (changed === reservation) continue;
      if (this.#open.get(reservation.id)) this.put(changed);
      else this.#rows.put([rowOfReservation(changed)]);
    }
    return hasMore ? reservations.at(-1)?.id : undefined;
  }

  flush(): void {
    this.#rows.put(Array.from(this.#unwritten.values(), rowOfReservation));
    this.#markOldest();
    this.#unwritten.clear();
  }

  /** Drops what is in memory, which the next operation reads again. */
  discard(): void {
    this.#isLoaded = false;
    this.#open.clear();
    this.#unwritten.clear();
  }

  /**
   * Up to where a page after an id looks; null for the end. Only a time, rounded to the second: what is there is for
   * those to know who may see it.
   */
  #scannedTo(after: string): string | null {
    const query = "SELECT id FROM reservation WHERE id > ? ORDER BY id LIMIT 1 OFFSET ?";
    const [last] = this.#sql.exec<{ id: string }>(query, after, MAX_SCANNED).toArray();
    return last ? encodeTime((Math.floor(decodeTime(last.id) / 1000) + 1) * 1000, ULID_TIME_LENGTH) : null;
  }

  /** Tells the tenant's row where a start has to read from. It goes down with that row's next write, which is soon enough. */
  #markOldest(): void {
    const tenant = this.#row.get();
    if (!tenant || this.#unwritten.size === 0) return;
    const oldest = this.#open.oldest();
    const last = [...this.#unwritten.keys()].at(-1);
    tenant.openSince = oldest?.id ?? (last !== undefined && last > tenant.openSince ? last : tenant.openSince);
  }
}

/** A reservation as it is stored: under the names that its column had first. */
interface StoredReservation extends Omit<Reservation, "pending" | "estimated"> {
  readonly held: Pending;
  readonly estimated: Estimated | EstimatedByScope | null;
}

/** A charge as it was stored before buckets had generations: the scopes whose buckets counted it. */
interface EstimatedByScope extends Omit<Estimated, "counted"> {
  readonly scopes: readonly Scope[];
}

/** Reads a stored reservation. Which windows counted an old charge is not known, so none gives it back. */
function reservationFromText(text: string): Reservation {
  const { held: pending, estimated, ...rest } = JSON.parse(text) as StoredReservation;
  if (!estimated || "counted" in estimated) return { ...rest, pending, estimated };
  const { scopes, ...charge } = estimated;
  const counted = scopes.map((scope) => ({ scope, generation: 0, places: {} }));
  return { ...rest, pending, estimated: { ...charge, counted } };
}

function rowOfReservation({ pending: held, ...rest }: Reservation): SqlStorageValue[] {
  return [rest.id, rest.state, JSON.stringify({ ...rest, held })];
}
