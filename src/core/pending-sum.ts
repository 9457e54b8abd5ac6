/** The sum of reservations in one bucket. */
import type { BucketKey } from "./bucket.ts";
import { NOTHING_PENDING, type Pending } from "./pending.ts";
import { CEILING, NO_USAGE, type Usage } from "./usage.ts";

/** The base of the two limbs of a sum, each of which stays exact for 2^26 amounts of up to 2^53−1. */
const LIMB = 2 ** 27;

const high = (amount: number) => Math.floor(amount / LIMB);

const sumOf = (highs: number, lows: number) => Math.min(CEILING, highs * LIMB + lows);

/**
 * The pending amounts of open reservations, and the charges of due ones. Sums stay exact at any size and are read up to
 * the ceiling.
 *
 * The limbs are plain fields to save memory: every bucket with a reservation has one of these.
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
  #dueUnpricedCalls = 0;
  #dueUnpricedHigh = 0;
  #dueUnpricedLow = 0;

  constructor(key: BucketKey) {
    this.key = key;
  }

  get isEmpty(): boolean {
    return this.#open === 0 && this.#due === 0;
  }

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

  get due(): Usage {
    if (this.#due === 0) return NO_USAGE;
    return {
      ...NO_USAGE,
      inputTokens: sumOf(this.#dueInputHigh, this.#dueInputLow),
      outputTokens: sumOf(this.#dueOutputHigh, this.#dueOutputLow),
      costNanoUsd: sumOf(this.#dueCostHigh, this.#dueCostLow),
      calls: this.#dueCalls,
      unpricedCalls: this.#dueUnpricedCalls,
      unpricedTokens: sumOf(this.#dueUnpricedHigh, this.#dueUnpricedLow),
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

  countDue(charge: Usage, sign: 1 | -1): void {
    const { inputTokens, outputTokens, costNanoUsd, calls, unpricedCalls, unpricedTokens } = charge;
    this.#due += sign;
    this.#dueCalls += sign * calls;
    this.#dueUnpricedCalls += sign * unpricedCalls;
    let part = high(inputTokens);
    this.#dueInputHigh += sign * part;
    this.#dueInputLow += sign * (inputTokens - part * LIMB);
    part = high(outputTokens);
    this.#dueOutputHigh += sign * part;
    this.#dueOutputLow += sign * (outputTokens - part * LIMB);
    part = high(costNanoUsd);
    this.#dueCostHigh += sign * part;
    this.#dueCostLow += sign * (costNanoUsd - part * LIMB);
    part = high(unpricedTokens);
    this.#dueUnpricedHigh += sign * part;
    this.#dueUnpricedLow += sign * (unpricedTokens - part * LIMB);
  }
}
