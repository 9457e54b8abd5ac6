import { decodeTime, monotonicFactory } from "ulid";
import type { Estimated, Hold, HoldState, LiveHolds, Scope } from "../core/index.ts";
import { RowWriter } from "./row-writer.ts";
import type { TenantRow } from "./tenant-row.ts";

interface HoldRow extends Record<string, SqlStorageValue> {
  hold: string;
}

const PAGE = 1000;

/**
 * Holds in SQLite, a row each, with those that live in memory too. A row is written when its hold is made and again
 * when it is settled, once where both are in one flush.
 */
export class HoldStore {
  readonly #sql: SqlStorage;
  readonly #rows: RowWriter;
  readonly #row: TenantRow;
  readonly #live: LiveHolds;
  readonly #ulid = monotonicFactory();
  /** The earliest time that a new id can tell. */
  #idsFromMs = 0;
  readonly #unwritten = new Map<string, Hold>();
  #isLoaded = false;

  /** @param live what it keeps of the holds that live, for the rules to read */
  constructor(sql: SqlStorage, row: TenantRow, live: LiveHolds) {
    this.#sql = sql;
    this.#rows = new RowWriter(sql, "reservation", ["id"], ["state", "hold"]);
    this.#row = row;
    this.#live = live;
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
    const rows = this.#sql.exec<HoldRow>(
      "SELECT hold FROM reservation WHERE id >= ? AND state = 'held' ORDER BY id",
      this.#row.get()?.holdsSince ?? "",
    );
    for (const { hold } of rows.toArray()) this.#live.put(holdFromText(hold));
    const { last } = this.#sql.exec<{ last: string | null }>("SELECT max(id) AS last FROM reservation").one();
    this.#idsFromMs = last === null ? 0 : decodeTime(last) + 1;
  }

  get(id: string): Hold | undefined {
    const known = this.#live.get(id) ?? this.#unwritten.get(id);
    if (known) return known;
    const [row] = this.#sql.exec<HoldRow>("SELECT hold FROM reservation WHERE id = ?", id);
    return row && holdFromText(row.hold);
  }

  put(hold: Hold): void {
    this.#live.put(hold);
    this.#unwritten.set(hold.id, hold);
  }

  /** Holds after an id, in order of creation. */
  page(after: string, state: HoldState | undefined, limit: number): Hold[] {
    this.flush();
    const [filter, bindings] = state === undefined ? ["", []] : ["AND state = ?", [state]];
    return this.#sql
      .exec<HoldRow>(
        `SELECT hold FROM reservation WHERE id > ? ${filter} ORDER BY id LIMIT ?`,
        after,
        ...bindings,
        limit,
      )
      .toArray()
      .map(({ hold }) => holdFromText(hold));
  }

  /** Drops holds with ids before one that are settled, so many at a time; answers how many it dropped. */
  deleteBefore(id: string, limit: number): number {
    return this.#sql.exec(
      `DELETE FROM reservation WHERE id IN
         (SELECT id FROM reservation WHERE id < ? AND state <> 'held' ORDER BY id LIMIT ?)`,
      id,
      limit,
    ).rowsWritten;
  }

  /** Changes holds, open and settled ones, of whom `change` answers another. Reads them all. */
  rewrite(change: (hold: Hold) => Hold): void {
    let after = "";
    for (let page = this.page(after, undefined, PAGE); page.length > 0; page = this.page(after, undefined, PAGE)) {
      for (const hold of page) {
        const changed = change(hold);
        if (changed !== hold) this.#rows.put([rowOfHold(changed)]);
        after = hold.id;
      }
    }
    this.forget();
    this.load();
  }

  flush(): void {
    this.#rows.put(Array.from(this.#unwritten.values(), rowOfHold));
    this.#markOldest();
    this.#unwritten.clear();
  }

  /** Drops what is in memory, which the next operation reads again. */
  forget(): void {
    this.#isLoaded = false;
    this.#live.clear();
    this.#unwritten.clear();
  }

  /** Tells the tenant's row where a start has to read from. It goes down with that row's next write, which is soon enough. */
  #markOldest(): void {
    const tenant = this.#row.get();
    if (!tenant || this.#unwritten.size === 0) return;
    const oldest = this.#live.oldest();
    const last = [...this.#unwritten.keys()].at(-1);
    tenant.holdsSince = oldest?.id ?? (last !== undefined && last > tenant.holdsSince ? last : tenant.holdsSince);
  }
}

/** A charge as it was stored before generations were kept: the scopes whose buckets counted it. */
interface EstimatedByScope extends Omit<Estimated, "counted"> {
  readonly scopes: readonly Scope[];
}

/** Reads a stored hold. Of an old charge it is not known which windows counted it, so none gives it back. */
function holdFromText(text: string): Hold {
  const hold: Omit<Hold, "estimated"> & { readonly estimated: Estimated | EstimatedByScope | null } = JSON.parse(text);
  const { estimated } = hold;
  if (!estimated || "counted" in estimated) return hold as Hold;
  const { scopes, ...charge } = estimated;
  return { ...hold, estimated: { ...charge, counted: scopes.map((scope) => ({ scope, generation: 0, places: {} })) } };
}

function rowOfHold(hold: Hold): SqlStorageValue[] {
  return [hold.id, hold.state, JSON.stringify(hold)];
}
