/** The sums of the ledger, bucket by bucket. */
import { addUsage, type BucketKey } from "../../core/index.ts";
import { CorrectionCheck, type WrongCorrection } from "./correction-check.ts";
import { keysOfUser } from "./keys-of-user.ts";
import { additionsOf } from "./ledger-entry.ts";
import type { LedgerStore } from "./ledger-store.ts";
import { type UsageList, usageFromList, usageList } from "./usage-list.ts";

interface SumRow extends Record<string, SqlStorageValue> {
  scope: string;
  subject: string;
  usage: string;
}

/** A bucket, and the sum of its entries. */
interface Sum {
  readonly key: BucketKey;
  readonly usage: UsageList;
}

interface AuditedSums {
  /** By scope and subject. */
  readonly sums: Map<string, Sum>;
  readonly entries: number;
  readonly wrong: readonly WrongCorrection[];
}

/** Adds up the ledger. Entries past their retention are compacted: deleted, with their sums kept in `carried`. */
export class LedgerSums {
  readonly #sql: SqlStorage;
  readonly #ledger: LedgerStore;

  constructor(sql: SqlStorage, ledger: LedgerStore) {
    this.#sql = sql;
    this.#ledger = ledger;
  }

  /** Reads the whole ledger: adds up the wanted buckets, and checks the corrections of late commits to them. */
  sums(isWanted: (key: BucketKey) => boolean): AuditedSums {
    const sums = new Map<string, Sum>();
    const check = new CorrectionCheck();
    const wrong: WrongCorrection[] = [];
    const sumBefore = ({ scope, subject }: BucketKey) => sums.get(`${scope} ${subject}`)?.usage;
    for (const compacted of this.#compacted()) if (isWanted(compacted.key)) addTo(sums, compacted);
    let entries = 0;
    for (const { id, entry } of this.#ledger.entries()) {
      entries += 1;
      wrong.push(...check.read(entry, id, isWanted, sumBefore));
      for (const addition of additionsOf(entry)) if (isWanted(addition.key)) addTo(sums, addition);
    }
    return { sums, entries, wrong };
  }

  /**
   * Deletes up to `limit` rows of entries from `cutoffMs` or earlier, and keeps their sums.
   *
   * @returns true if there are more such entries
   */
  compact(cutoffMs: number, limit: number): boolean {
    const { rows, hasMore } = this.#ledger.rowsUpTo(cutoffMs, limit);
    const sums = new Map<string, Sum>();
    for (const { entry } of rows.flatMap(({ entries }) => entries)) {
      for (const addition of additionsOf(entry)) addTo(sums, addition);
    }
    for (const { key, usage } of sums.values()) this.#addCompacted(key, usage);
    for (const { firstId } of rows) this.#ledger.deleteRow(firstId);
    return hasMore;
  }

  /** Moves the sums of a user's compacted entries to other keys. */
  renameCompacted(userId: string, rename: (key: BucketKey) => BucketKey): void {
    for (const key of keysOfUser(this.#sql, "carried", userId)) {
      const query = "DELETE FROM carried WHERE scope = ? AND subject = ? RETURNING usage";
      const { usage } = this.#sql.exec<{ usage: string }>(query, key.scope, key.subject).one();
      this.#addCompacted(rename(key), JSON.parse(usage));
    }
  }

  *#compacted(): Generator<Sum> {
    const rows = this.#sql.exec<SumRow>("SELECT scope, subject, usage FROM carried");
    for (const { scope, subject, usage } of rows) yield { key: { scope, subject }, usage: JSON.parse(usage) };
  }

  #addCompacted(key: BucketKey, usage: UsageList): void {
    const { scope, subject } = key;
    const [row] = this.#sql.exec<SumRow>("SELECT usage FROM carried WHERE scope = ? AND subject = ?", scope, subject);
    const sum = row ? add(JSON.parse(row.usage), usage) : usage;
    if (sum.every((part) => part === 0)) {
      this.#sql.exec("DELETE FROM carried WHERE scope = ? AND subject = ?", scope, subject);
    } else {
      this.#sql.exec(
        "INSERT INTO carried (scope, subject, usage) VALUES (?, ?, ?) ON CONFLICT (scope, subject) DO UPDATE SET usage = excluded.usage",
        scope,
        subject,
        JSON.stringify(sum),
      );
    }
  }
}

function addTo(sums: Map<string, Sum>, { key, usage }: Sum): void {
  const id = `${key.scope} ${key.subject}`;
  const known = sums.get(id);
  sums.set(id, { key, usage: known ? add(known.usage, usage) : usage });
}

function add(a: UsageList, b: UsageList): UsageList {
  return usageList(addUsage(usageFromList(a), usageFromList(b)));
}
