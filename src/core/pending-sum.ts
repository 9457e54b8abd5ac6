import type { BucketKey } from "./bucket.ts";
import { NOTHING_PENDING, type Pending } from "./pending.ts";
import { CEILING, NO_USAGE, type Usage } from "./usage.ts";

/** Sums are kept in two limbs, each of which stays exact for 2^26 amounts of up to 2^53−1. */
const LIMB = 2 ** 27;

const high = (amount: number) => Math.floor(amount / LIMB);

/** A sum of two limbs, up to the ceiling of what is counted. */
const sumOf = (highs: number, lows: number) => Math.min(CEILING, highs * LIMB + lows);

/**
 * What reservations keep of one bucket: the pending amounts of those that are open, and the charges of those that have
 * expired and are not recorded yet. Sums are exact however large they become; they are read up to the ceiling.
 *
 * The limbs are plain fields: there are as many of these as there are buckets that something is reserved from.
 */
export class PendingSum {
  readonly key: BucketKey;
  #open = 0;
  #tokensHigh = 0;
  #tokensLow = 0;
  #inputHigh = 0;
  #inputLow = 0;
  #outputHigh = 0;
  #outputLow = 0;
  #costHigh = 0;
  #costLow = 0;
  #calls = 0;
  #due = 0;
  #dueInputHigh = 0;
  #dueInputLow = 0;
  #dueOutputHigh = 0;
  #dueOutputLow = 0;
  #dueCostHigh = 0;
  #dueCostLow = 0;
  #dueCalls = 0;

  constructor(key: BucketKey) {
    this.key = key;
  }

  /** True if nothing is open and nothing is due. */
  get isEmpty(): boolean {
    return this.#open === 0 && this.#due === 0;
  }

  /** What open reservations keep. */
  get pending(): Pending {
    if (this.#open === 0) return NOTHING_PENDING;
    return {
      tokens: sumOf(this.#tokensHigh, this.#tokensLow),
      inputTokens: sumOf(this.#inputHigh, this.#inputLow),
      outputTokens: sumOf(this.#outputHigh, this.#outputLow),
      costNanoUsd: sumOf(this.#costHigh, this.#costLow),
      calls: this.#calls,
      concurrentCalls: this.#open,
    };
  }

  /** What expired reservations are charged and is not recorded yet. */
  get due(): Usage {
    if (this.#due === 0) return NO_USAGE;
    return {
      ...NO_USAGE,
      inputTokens: sumOf(this.#dueInputHigh, this.#dueInputLow),
      outputTokens: sumOf(this.#dueOutputHigh, this.#dueOutputLow),
      costNanoUsd: sumOf(this.#dueCostHigh, this.#dueCostLow),
      calls: this.#dueCalls,
    };
  }

  countOpen({ tokens, inputTokens, outputTokens, costNanoUsd, calls, concurrentCalls }: Pending, sign: 1 | -1): void {
    this.#open += sign * concurrentCalls;
    this.#calls += sign * calls;
    let part = high(tokens);
    this.#tokensHigh += sign * part;
    this.#tokensLow += sign * (tokens - part * LIMB);
    part = high(inputTokens);
    this.#inputHigh += sign * part;
    this.#inputLow += sign * (inputTokens - part * LIMB);
    part = high(outputTokens);
    this.#outputHigh += sign * part;
    this.#outputLow += sign * (outputTokens - part * LIMB);
    part = high(costNanoUsd);
    this.#costHigh += sign * part;
    this.#costLow += sign * (costNanoUsd - part * LIMB);
  }

  countDue({ inputTokens, outputTokens, costNanoUsd, calls }: Usage, sign: 1 | -1): void {
    this.#due += sign;
    this.#dueCalls += sign * calls;
    let part = high(inputTokens);
    this.#dueInputHigh += sign * part;
    this.#dueInputLow += sign * (inputTokens - part * LIMB);
    part = high(outputTokens);
    this.#dueOutputHigh += sign * part;
    this.#dueOutputLow += sign * (outputTokens - part * LIMB);
    part = high(costNanoUsd);
    this.#dueCostHigh += sign * part;
    this.#dueCostLow += sign * (costNanoUsd - part * LIMB);
  }
}
