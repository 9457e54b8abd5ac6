/** A map that evicts its oldest entry when it is full: a cache of results that can be computed again. */
export class BoundedMap<K, V> {
  readonly #entries = new Map<K, V>();
  readonly #maxEntries: number;

  constructor(maxEntries: number) {
    this.#maxEntries = maxEntries;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Returns the stored value, or computes and stores it. */
  getOrCompute(key: K, compute: () => V): V {
    const stored = this.#entries.get(key);
    if (stored !== undefined || this.#entries.has(key)) return stored as V;
    const value = compute();
    if (this.#entries.size >= this.#maxEntries) {
      const [oldest] = this.#entries.keys();
      this.#entries.delete(oldest as K);
    }
    this.#entries.set(key, value);
    return value;
  }
}
