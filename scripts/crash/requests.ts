/** Makes the random calls of one client, and lists the writes of each. */
import type { Dice } from "./dice.ts";
import type { Spent, Write } from "./journal.ts";

/** How long a reservation that is never settled stays open, in seconds: the shortest allowed. */
export const SHORT_TTL_SECONDS = 1;
/** Longer than any run. */
const LONG_TTL_SECONDS = 3600;

/** A call that writes, and the writes it makes, in the order of its answers. */
export interface Request {
  readonly path: string;
  readonly body: object;
  readonly writes: readonly [Write, ...Write[]];
}

export class Requests {
  readonly #dice: Dice;
  readonly #userId: string;
  #made = 0;

  constructor(dice: Dice, userId: string) {
    this.#dice = dice;
    this.#userId = userId;
  }

  /** A consume, a batch of them, or a reservation. */
  next(): Request {
    const chance = this.#dice.int(1, 100);
    if (chance <= 50) return this.#consume();
    if (chance <= 60) return this.#batch();
    return this.#reserve(chance <= 65);
  }

  /** Settles a reservation: mostly in full, at times in two parts. */
  commit(reservation: string, final: boolean): Request {
    const spent = this.#spent();
    const write = this.#write("commit", { spent });
    const body = { ...spent, final, idempotency_key: write.key };
    return { path: `/reservations/${encodeURIComponent(reservation)}/commit`, body, writes: [write] };
  }

  #consume(): Request {
    const { body, write } = this.#consumption();
    return { path: "/consume", body, writes: [write] };
  }

  #batch(): Request {
    const made = Array.from({ length: this.#dice.int(2, 20) }, () => this.#consumption());
    const operations = made.map(({ body }) => ({ op: "consume", ...body }));
    const [first, ...others] = made.map(({ write }) => write);
    if (!first) throw new RangeError("a batch has at least two operations");
    return { path: "/batch", body: { operations }, writes: [first, ...others] };
  }

  #consumption() {
    const spent = this.#spent();
    const write = this.#write("consume", { spent });
    const team = this.#dice.pick(["red", "green", "blue"]);
    return { body: { user_id: this.#userId, labels: { team }, ...spent, idempotency_key: write.key }, write };
  }

  #reserve(isLeft: boolean): Request {
    const on_expiry = this.#dice.pick(["release", "charge"]);
    const write = this.#write("hold", isLeft ? { leftToExpire: on_expiry } : {});
    const body = {
      user_id: this.#userId,
      tokens: this.#dice.int(1, 5000),
      cost_usd: this.#dice.int(0, 1_000_000) / 1e9,
      ttl_seconds: isLeft ? SHORT_TTL_SECONDS : LONG_TTL_SECONDS,
      on_expiry,
      idempotency_key: write.key,
    };
    return { path: "/reservations", body, writes: [write] };
  }

  #spent(): Spent {
    return {
      tokens_in: this.#dice.int(0, 4000),
      tokens_out: this.#dice.int(0, 1000),
      cost_usd: this.#dice.int(0, 1_000_000) / 1e9,
    };
  }

  #write(kind: Write["kind"], what: Pick<Write, "spent" | "leftToExpire">): Write {
    this.#made += 1;
    const key = `${this.#userId}-${this.#made}`;
    return { key, kind, userId: this.#userId, ...what, outcome: "pending", replayed: false };
  }
}
