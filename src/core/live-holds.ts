import { type BucketKey, keyOf } from "./bucket.ts";
import { ExpiryQueue } from "./expiry-queue.ts";
import { addHeld, type Held, NOTHING_HELD, subtractHeld } from "./held.ts";
import type { Hold } from "./hold.ts";
import type { Scope } from "./limits.ts";

/**
 * The holds that live, what they hold of each bucket, and which ends first. Putting one and taking one away costs a
 * step for each scope that was ever asked for, and the logarithm of their number.
 */
export class LiveHolds {
  readonly #holds = new Map<string, Hold>();
  /** Of each scope that was asked for, what is held of its buckets. */
  readonly #sums = new Map<Scope, Map<string, Held>>();
  readonly #expiries = new ExpiryQueue();

  get size(): number {
    return this.#holds.size;
  }

  get(id: string): Hold | undefined {
    return this.#holds.get(id);
  }

  /** In order of their creation. */
  values(): Iterable<Hold> {
    return this.#holds.values();
  }

  /** Keeps a hold while it lives, and drops it once it is settled. */
  put(hold: Hold): void {
    const known = this.#holds.get(hold.id);
    if (known) this.#count(known, subtractHeld);
    if (hold.state !== "held") {
      this.#holds.delete(hold.id);
      this.#expiries.delete(hold.id);
      return;
    }
    this.#holds.set(hold.id, hold);
    this.#expiries.set(hold.id, hold.expiresAtMs);
    this.#count(hold, addHeld);
  }

  /** What is held of a bucket. */
  heldOf({ scope, subject }: BucketKey): Held {
    if (this.#holds.size === 0) return NOTHING_HELD;
    return this.#sumsOf(scope).get(subject) ?? NOTHING_HELD;
  }

  /** When the next hold's time ends; null where none lives. */
  nextExpiryMs(): number | null {
    return this.#expiries.first()?.atMs ?? null;
  }

  /** The hold whose time has ended the longest ago; undefined where none has. */
  nextExpired(nowMs: number): Hold | undefined {
    const first = this.#expiries.first();
    return first && first.atMs <= nowMs ? this.#holds.get(first.id) : undefined;
  }

  clear(): void {
    this.#holds.clear();
    this.#sums.clear();
    this.#expiries.clear();
  }

  #sumsOf(scope: Scope): Map<string, Held> {
    const known = this.#sums.get(scope);
    if (known) return known;
    const sums = new Map<string, Held>();
    this.#sums.set(scope, sums);
    for (const hold of this.#holds.values()) addTo(sums, scope, hold, addHeld);
    return sums;
  }

  #count(hold: Hold, change: (a: Held, b: Held) => Held): void {
    for (const [scope, sums] of this.#sums) addTo(sums, scope, hold, change);
  }
}

function addTo(sums: Map<string, Held>, scope: Scope, hold: Hold, change: (a: Held, b: Held) => Held): void {
  const key = keyOf(scope, hold.subject);
  if (!key) return;
  const sum = change(sums.get(key.subject) ?? NOTHING_HELD, hold.held);
  if (sum.concurrentCalls === 0) sums.delete(key.subject);
  else sums.set(key.subject, sum);
}
