import type { StoredEntry } from "./ledger-entry.ts";

/** For how long refusals of one kind are counted in one entry. */
const TOGETHER_MS = 60_000;
/** How many kinds are kept in mind. */
const MAX_KINDS = 1000;

/** An entry of a refusal, and how often it has happened since. */
export interface Repeated {
  readonly entry: StoredEntry;
  times: number;
  /** Undefined while it is not written. */
  id: number | undefined;
}

/** The refusals of the last minute: one of the same subject for the same reason is counted in the entry of the first. */
export class Refusals {
  readonly #recent = new Map<string, Repeated>();
  /** Those that are written and have happened again since. */
  readonly #again = new Set<Repeated>();

  /**
   * Counts a refusal.
   *
   * @returns what to write, if it is the first of its kind in a minute
   */
  add(entry: StoredEntry): Repeated | undefined {
    const { user_id, labels, model, reservation, reason, at } = entry;
    const kind = JSON.stringify([user_id, labels, model, reservation, reason]);
    const known = this.#recent.get(kind);
    const sinceMs = known ? at - known.entry.at : TOGETHER_MS;
    if (known && sinceMs >= 0 && sinceMs < TOGETHER_MS) {
      known.times += 1;
      if (known.id !== undefined) this.#again.add(known);
      return undefined;
    }
    if (this.#recent.size >= MAX_KINDS) this.#recent.clear();
    const first: Repeated = { entry, times: 1, id: undefined };
    this.#recent.set(kind, first);
    return first;
  }

  /** Those whose entries are to be changed, by the entries' ids. */
  takeAgain(): Map<number, number> {
    const times = new Map(
      [...this.#again].flatMap(({ id, times }) => (id === undefined ? [] : [[id, times] as const])),
    );
    this.#again.clear();
    return times;
  }

  clear(): void {
    this.#recent.clear();
    this.#again.clear();
  }
}
