/** Finds writes that the ledger lost, repeated or changed. */
import type { LedgerEntry } from "../../src/wire/index.ts";
import type { Write } from "./journal.ts";

/** What became of the writes that clients requested. Each line of `faults` describes one that is wrong. */
export interface Accounting {
  readonly acknowledged: number;
  /** Acknowledged, but missing in the ledger, or there with other amounts. */
  readonly lost: number;
  /** More than once in the ledger. */
  readonly doubled: number;
  /** Retried, and then answered as already applied. */
  readonly replayed: number;
  readonly givenUp: number;
  /** Given up, but applied. */
  readonly givenUpCarriedOut: number;
  /** Reservations that expired. */
  readonly expired: number;
  readonly faults: readonly string[];
}

const LEDGER_KINDS: readonly LedgerEntry["kind"][] = ["consume", "hold", "commit"];

/** Compares the clients' records with the ledger, which must have one entry for each write and no other. */
export function accountFor(writes: readonly Write[], ledger: readonly LedgerEntry[]): Accounting {
  const faults: string[] = [];
  const entries = Map.groupBy(
    ledger.filter(({ kind }) => LEDGER_KINDS.includes(kind)),
    ({ idempotency_key }) => idempotency_key,
  );
  const expiries = Map.groupBy(
    ledger.filter(({ kind }) => kind === "expiry"),
    ({ reservation }) => reservation,
  );
  let [lost, doubled, givenUpCarriedOut] = [0, 0, 0];
  for (const write of writes) {
    const found = entries.get(write.key) ?? [];
    entries.delete(write.key);
    if (found.length > 1) {
      doubled += 1;
      faults.push(`doubled: ${write.key} has ${found.length} entries, ${found.map(({ id }) => id).join(", ")}`);
    }
    const [entry] = found;
    if (!entry) {
      if (write.outcome !== "acknowledged") continue;
      lost += 1;
      faults.push(`lost: ${write.kind} ${write.key} was acknowledged and has no ledger entry`);
      continue;
    }
    if (write.outcome !== "acknowledged") givenUpCarriedOut += 1;
    if (!isOf(write, entry)) {
      lost += 1;
      faults.push(`lost: ${JSON.stringify(write)} has the entry ${JSON.stringify(entry)}`);
    }
    const ends = write.kind === "hold" ? (expiries.get(entry.reservation) ?? []) : [];
    const charged = ends.some(({ estimated }) => estimated === true);
    if (ends.length !== (write.leftToExpire ? 1 : 0) || charged !== (write.leftToExpire === "charge")) {
      faults.push(`reservation: ${JSON.stringify(write)} expired ${ends.length} times: ${JSON.stringify(ends)}`);
    }
  }
  for (const [key, [entry]] of entries) faults.push(`unknown: no client sent ${key}: ${JSON.stringify(entry)}`);
  const count = (outcome: Write["outcome"]) => writes.filter((write) => write.outcome === outcome).length;
  return {
    acknowledged: count("acknowledged"),
    lost,
    doubled,
    replayed: writes.filter(({ replayed }) => replayed).length,
    givenUp: count("given up"),
    givenUpCarriedOut,
    expired: expiries.size,
    faults,
  };
}

function isOf({ kind, userId, spent }: Write, entry: LedgerEntry): boolean {
  if (entry.kind !== kind || entry.user_id !== userId) return false;
  if (!spent) return true;
  const { tokens_in, tokens_out, cost_usd } = entry;
  return tokens_in === spent.tokens_in && tokens_out === spent.tokens_out && cost_usd === spent.cost_usd;
}
