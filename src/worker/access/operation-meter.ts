const PERIOD_MS = 10_000;
const MAX_KEYS = 10_000;

/**
 * Counts operations by key, in this isolate: a bucket of `max` that refills evenly within ten seconds (the generic cell
 * rate algorithm). So a key gets `max` operations at once, and never more than twice as many in any ten seconds. Of too
 * many keys, the one counted the longest ago is forgotten.
 */
export class OperationMeter {
  readonly max: number;
  readonly #maxKeys: number;
  /** When each key's bucket will be full again, in epoch milliseconds. */
  readonly #fullAtMs = new Map<string, number>();

  constructor(max: number, maxKeys = MAX_KEYS) {
    this.max = max;
    this.#maxKeys = maxKeys;
  }

  isWithin(key: string, operations: number, nowMs: number): boolean {
    return this.#afterMs(key, operations, nowMs) - nowMs <= PERIOD_MS;
  }

  count(key: string, operations: number, nowMs: number): void {
    const fullAtMs = this.#afterMs(key, operations, nowMs);
    this.#fullAtMs.delete(key);
    this.#fullAtMs.set(key, fullAtMs);
    const [oldest] = this.#fullAtMs.keys();
    if (this.#fullAtMs.size > this.#maxKeys && oldest !== undefined) this.#fullAtMs.delete(oldest);
  }

  #afterMs(key: string, operations: number, nowMs: number): number {
    const fullAtMs = this.#fullAtMs.get(key) ?? nowMs;
    // Further away than any count can have put it: the clock has stepped back.
    const isOfOldClock = fullAtMs > nowMs + PERIOD_MS;
    return (isOfOldClock ? nowMs : Math.max(fullAtMs, nowMs)) + (operations * PERIOD_MS) / this.max;
  }
}
