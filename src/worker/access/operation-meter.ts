/** A rate limiter in this isolate's memory. */

const PERIOD_MS = 10_000;
const MAX_KEYS = 10_000;

/**
 * Counts operations by key: a bucket of `max` that refills evenly within ten seconds (the generic cell rate algorithm).
 * A key can use `max` operations at once, and never more than twice as many in any ten seconds. If there are too many
 * keys, the least recently counted one is evicted.
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
    // No count can have set a time so far ahead, so the clock has stepped back.
    const hasSteppedBack = fullAtMs > nowMs + PERIOD_MS;
    return (hasSteppedBack ? nowMs : Math.max(fullAtMs, nowMs)) + (operations * PERIOD_MS) / this.max;
  }
}
