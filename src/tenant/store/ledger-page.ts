/** Pages of the ledger: filters, and the bounds of one page. */
import type { LedgerEntry, LedgerQuery, Page } from "../../wire/index.ts";
import { entryAnswer, hasLabel, isOfUser, type StoredEntry } from "./ledger-entry.ts";
import { ALL_TIME, type NumberedEntry, type TimeRange } from "./ledger-rows.ts";
import { MAX_PAGE_LENGTH } from "./page-bounds.ts";

/** How many rows one page scans before it leaves the rest to the next. */
const MAX_ROWS_READ = 500;

/** An entry, and what the scan that found it has read so far. Lengths are in UTF-16 units. */
export interface ScannedEntry extends NumberedEntry {
  /** The entry's share of its row's text. */
  readonly length: number;
  readonly rowsRead: number;
  readonly lengthRead: number;
}

/**
 * The entries that pass every filter of a query, in order. A page can be short, or empty, and not be the last.
 *
 * @param scan reads the entries after `query.after` in rows that can have some of a time range
 */
export function ledgerPage(query: LedgerQuery, scan: (range: TimeRange) => Iterable<ScannedEntry>): Page<LedgerEntry> {
  const { after, limit, since, until } = query;
  const range = {
    sinceMs: since === undefined ? ALL_TIME.sinceMs : Date.parse(since),
    untilMs: until === undefined ? ALL_TIME.untilMs : Date.parse(until),
  };
  const passes = filterOf(query, range);
  const items: LedgerEntry[] = [];
  let [lastId, length] = [after, 0];
  for (const scanned of scan(range)) {
    if (items.length > 0 && length + scanned.length > MAX_PAGE_LENGTH) return { items, next: lastId };
    if (items.length === limit || isPastBounds(scanned)) return { items, next: lastId };
    lastId = scanned.id;
    if (!passes(scanned.entry)) continue;
    items.push(entryAnswer(scanned.entry, scanned.id));
    length += scanned.length;
  }
  return { items, next: null };
}

function filterOf(
  { kind, user_id, label }: LedgerQuery,
  { sinceMs, untilMs }: TimeRange,
): (entry: StoredEntry) => boolean {
  const [, name = "", value = ""] = /^(.*?):(.*)$/su.exec(label ?? "") ?? [];
  return (entry) =>
    (kind === undefined || entry.kind === kind) &&
    (user_id === undefined || isOfUser(entry, user_id === "" ? null : user_id)) &&
    (label === undefined || hasLabel(entry, name, value)) &&
    entry.at >= sinceMs &&
    entry.at < untilMs;
}

function isPastBounds({ rowsRead, lengthRead }: ScannedEntry): boolean {
  return rowsRead > MAX_ROWS_READ || (rowsRead > 1 && lengthRead > MAX_PAGE_LENGTH);
}
