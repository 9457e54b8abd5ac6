/** Reservations, open and settled. */
import { decodeTime, encodeTime, monotonicFactory } from "ulid";
import {
  type Estimated,
  NO_USAGE,
  type OpenReservations,
  type Pending,
  type Reservation,
  type ReservationState,
  type Scope,
} from "../../core/index.ts";
import type { Page } from "../../wire/index.ts";
import { takePage } from "./page-bounds.ts";
import { RowWriter } from "./row-writer.ts";
import type { TenantRow } from "./tenant-row.ts";

interface ReservationRow extends Record<string, SqlStorageValue> {
  hold: string;
}

interface ReservationQuery {
  readonly after: string;
  readonly limit: number;
  readonly state?: ReservationState | undefined;
  readonly user?: string | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
}

/** How many reservations one turn of an erasure reads. */
const MAX_REWRITTEN = 500;
/** How many reservations one page scans. */
const MAX_SCANNED = 5000;
const ULID_TIME_LENGTH = 10;
/** Sorts after every id, since ids are in Crockford's base 32. */
const AFTER_ALL = "~";

/**
 * One row for each reservation; open ones are also in memory. A row is written when its reservation is made and when it
 * is settled, or once if both happen in one flush.
 */
export class ReservationStore {
  readonly #sql: SqlStorage;
  readonly #rows: RowWriter;
  readonly #row: TenantRow;
  readonly #open: OpenReservations;
  readonly #ulid = monotonicFactory();
  /** The earliest time that a new id can have. */
  #idsFromMs = 0;
  readonly #unwritten = new Map<string, Reservation>();
  #isLoaded = false;

  /** @param open filled by `load`, and updated by each `put` */
  constructor(sql: SqlStorage, row: TenantRow, open: OpenReservations) {
    this.#sql = sql;
    this.#rows = new RowWriter(sql, "reservation", ["id"], ["state", "hold"]);
    this.#row = row;
    this.#open = open;
  }

  /** A ULID that sorts after all others, within a millisecond and if the clock steps back. */
  newId(nowMs: number): string {
    return this.#ulid(Math.max(nowMs, this.#idsFromMs));
  }

  /**
   * Loads the open reservations into memory, once. Reads all rows since the oldest of them: an index of open ones would
   * cost each reservation two more rows written.
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
   * A page of the reservations that pass the filters, in order of creation. It scans up to `MAX_SCANNED` reservations
   * and the rest of the last one's second, so it can be short, or empty, and not be the last.
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
    const before = this.#scanEnd(after);
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
   * Deletes up to `limit` reservations settled by `cutoffMs`, and returns how many. The time in an id is that of
   * creation, which is before settlement, so it bounds the scan.
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
   * Replaces the reservations for which `change` returns another one, in some of those between two ids.
   *
   * @returns the id to continue after; undefined at the end
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

  discard(): void {
    this.#isLoaded = false;
    this.#open.clear();
    this.#unwritten.clear();
  }

  /**
   * The id before which a page's scan stops; null if it reaches the end. It has only a time, rounded up to a second, so
   * that `next` does not reveal the id of another caller's reservation.
   */
  #scanEnd(after: string): string | null {
    const query = "SELECT id FROM reservation WHERE id > ? ORDER BY id LIMIT 1 OFFSET ?";
    const [last] = this.#sql.exec<{ id: string }>(query, after, MAX_SCANNED).toArray();
    return last ? encodeTime((Math.floor(decodeTime(last.id) / 1000) + 1) * 1000, ULID_TIME_LENGTH) : null;
  }

  /** Updates the id from which `load` reads. It need not be exact, so it waits for the tenant row's next write. */
  #markOldest(): void {
    const tenant = this.#row.get();
    if (!tenant || this.#unwritten.size === 0) return;
    const oldest = this.#open.oldest();
    const last = [...this.#unwritten.keys()].at(-1);
    tenant.openSince = oldest?.id ?? (last !== undefined && last > tenant.openSince ? last : tenant.openSince);
  }
}

/** A reservation as stored, with the names of the first version. */
interface StoredReservation extends Omit<Reservation, "pending" | "estimated"> {
  readonly held: Pending;
  readonly estimated: Estimated | EstimatedByScope | null;
}

/** A charge stored before buckets had generations: it has only the scopes whose buckets counted it. */
interface EstimatedByScope extends Omit<Estimated, "counted"> {
  readonly scopes: readonly Scope[];
}

/**
 * Reads a reservation of any version. Older usages lack the parts that were added later. It is not known which windows
 * counted an old charge, so a correction subtracts it from none.
 */
function reservationFromText(text: string): Reservation {
  const { held: pending, spent, estimated: stored, ...fields } = JSON.parse(text) as StoredReservation;
  const rest = { ...fields, spent: { ...NO_USAGE, ...spent } };
  const estimated = stored && { ...stored, usage: { ...NO_USAGE, ...stored.usage } };
  if (!estimated || "counted" in estimated) return { ...rest, pending, estimated };
  const { scopes, ...charge } = estimated;
  const counted = scopes.map((scope) => ({ scope, generation: 0, places: {} }));
  return { ...rest, pending, estimated: { ...charge, counted } };
}

function rowOfReservation({ pending: held, ...rest }: Reservation): SqlStorageValue[] {
  return [rest.id, rest.state, JSON.stringify({ ...rest, held })];
}
