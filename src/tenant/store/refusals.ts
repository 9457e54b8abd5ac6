/** Counts repeated refusals, so that a client that retries in a loop does not fill the ledger. */
import type { StoredEntry } from "./ledger-entry.ts";

/** How long repeats of a refusal are counted in the first one's entry. */
const WINDOW_MS = 60_000;
const MAX_KINDS = 1000;

/** The first refusal of its kind in a minute, and how often it has happened. */
export interface CountedRefusal {
  readonly entry: StoredEntry;
  times: number;
  /** The entry's id; undefined until it is written. */
  id: number | undefined;
}

/** The refusals of the last minute. Refusals of the same subject for the same reason are of one kind. */
export class Refusals {
  readonly #recent = new Map<string, CountedRefusal>();
  /** Refusals that were repeated after their entry was written. */
  readonly #repeated = new Set<CountedRefusal>();

  /**
   * Counts a refusal.
   *
   * @returns the refusal to write, if it is the first of its kind in a minute
   */
  add(entry: StoredEntry): CountedRefusal | undefined {
    const { user_id, labels, model, reservation, reason, at } = entry;
    const kind = JSON.stringify([user_id, labels, model, reservation, reason]);
    const known = this.#recent.get(kind);
    const sinceMs = known ? at - known.entry.at : WINDOW_MS;
    if (known && sinceMs >= 0 && sinceMs < WINDOW_MS) {
      known.times += 1;
      if (known.id !== undefined) this.#repeated.add(known);
      return undefined;
    }
    if (this.#recent.size >= MAX_KINDS) this.#recent.clear();
    const first: CountedRefusal = { entry, times: 1, id: undefined };
    this.#recent.set(kind, first);
    return first;
  }

  /** Takes the new counts of written entries, by the entries' ids. */
  takeRepeats(): Map<number, number> {
    const times = new Map(
      [...this.#repeated].flatMap(({ id, times }) => (id === undefined ? [] : [[id, times] as const])),
    );
    this.#repeated.clear();
    return times;
  }

  clear(): void {
    this.#recent.clear();
    this.#repeated.clear();
  }
}
