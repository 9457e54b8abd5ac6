import type { BucketKey } from "../../core/index.ts";
import { CorrectionCheck, type WrongCorrection } from "./correction-check.ts";
import { keysOfUser } from "./keys-of-user.ts";
import { additionsOf } from "./ledger-entry.ts";
import type { LedgerStore, Numbered } from "./ledger-store.ts";
import type { UsageList } from "./usage-list.ts";

interface CarriedRow extends Record<string, SqlStorageValue> {
  scope: string;
  subject: string;
  usage: string;
}

/** A bucket and what was added to it. */
export interface Sum {
  readonly key: BucketKey;
  readonly usage: UsageList;
}

interface AddedUp {
  readonly sums: Map<string, Sum>;
  readonly entries: number;
  readonly wrong: readonly WrongCorrection[];
}

/** What the ledger adds up to, bucket by bucket, with what is carried for entries that are not kept any more. */
export class LedgerSums {
  readonly #sql: SqlStorage;
  readonly #ledger: LedgerStore;

  constructor(sql: SqlStorage, ledger: LedgerStore) {
    this.#sql = sql;
    this.#ledger = ledger;
  }

  /** Adds all up for the buckets that are wanted, and checks what was taken back from them. Reads the whole ledger. */
  sums(isWanted: (key: BucketKey) => boolean): AddedUp {
    const sums = new Map<string, Sum>();
    const check = new CorrectionCheck();
    const wrong: WrongCorrection[] = [];
    const before = ({ scope, subject }: BucketKey) => sums.get(`${scope} ${subject}`)?.usage;
    for (const carried of this.#carried()) if (isWanted(carried.key)) addTo(sums, carried);
    let entries = 0;
    for (const { id, entry } of this.#ledger.entries()) {
      entries += 1;
      wrong.push(...check.read(entry, id, isWanted, before));
      for (const addition of additionsOf(entry)) if (isWanted(addition.key)) addTo(sums, addition);
    }
    return { sums, entries, wrong };
  }

  /**
   * Drops entries made up to a time, so many rows of them, and carries their sums on.
   *
   * @returns true if there are more such entries
   */
  carryUpTo(cutoffMs: number, limit: number): boolean {
    const { rows, hasMore } = this.#ledger.rowsUpTo(cutoffMs, limit);
    const sums = new Map<string, Sum>();
    for (const { entry } of rows.flatMap(({ entries }): Numbered[] => entries)) {
      for (const addition of additionsOf(entry)) addTo(sums, addition);
    }
    for (const { key, usage } of sums.values()) this.#carry(key, usage);
    for (const { firstId } of rows) this.#ledger.deleteRow(firstId);
    return hasMore;
  }

  /** Carries a user's sums on under other keys. */
  renameCarried(userId: string, rename: (key: BucketKey) => BucketKey): void {
    for (const key of keysOfUser(this.#sql, "carried", userId)) {
      const query = "DELETE FROM carried WHERE scope = ? AND subject = ? RETURNING usage";
      const { usage } = this.#sql.exec<{ usage: string }>(query, key.scope, key.subject).one();
      this.#carry(rename(key), JSON.parse(usage));
    }
  }

  *#carried(): Generator<Sum> {
    const rows = this.#sql.exec<CarriedRow>("SELECT scope, subject, usage FROM carried");
    for (const { scope, subject, usage } of rows) yield { key: { scope, subject }, usage: JSON.parse(usage) };
  }

  #carry(key: BucketKey, usage: UsageList): void {
    const { scope, subject } = key;
    const [row] = this.#sql.exec<CarriedRow>(
      "SELECT usage FROM carried WHERE scope = ? AND subject = ?",
      scope,
      subject,
    );
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
  return a.map((part, i) => part + (b[i] ?? 0)) as unknown as UsageList;
}
