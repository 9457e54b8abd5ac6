/** An agent that spends without a pause and records what was acknowledged. */
import { type BudgetClient, UnansweredError } from "../../src/client/index.ts";
import type { Dice } from "./dice.ts";
import type { Write } from "./journal.ts";
import { type Request, Requests } from "./requests.ts";

/** How many of a hundred requests are sent twice at once. */
const SENT_TWICE = 5;
/** How many of a hundred unanswered requests are given up, and not retried. */
const GIVEN_UP = 25;
/** How many of a hundred reservations are committed in two parts. */
const IN_PARTS = 25;

/** The part of an answer that matters: whether it is a replay, and the id of a reservation. */
interface Acknowledgement {
  readonly replayed?: boolean;
  readonly id?: string;
}

export class Client {
  /** Everything it ever requested. */
  readonly writes: Write[] = [];
  /** How many requests it retried because no answer had come. */
  retried = 0;
  /** The refusals it got; there should be none. */
  readonly refusals: string[] = [];
  readonly #dice: Dice;
  readonly #requests: Requests;
  #unanswered: Request | undefined;
  #toCommit: { readonly id: string; readonly parts: number } | undefined;

  constructor(dice: Dice, userId: string) {
    this.#dice = dice;
    this.#requests = new Requests(dice, userId);
  }

  /** Spends until the service no longer answers. It first retries the unanswered request, or gives it up. */
  async spend(tenant: BudgetClient): Promise<void> {
    if (this.#unanswered && this.#dice.percent(GIVEN_UP)) this.#drop(this.#unanswered, "given up");
    try {
      await this.settle(tenant);
      for (;;) {
        this.#unanswered = this.#next();
        await this.#send(tenant, this.#unanswered);
      }
    } catch (error) {
      if (!(error instanceof UnansweredError)) throw error;
    }
  }

  /** Retries the unanswered request. */
  async settle(tenant: BudgetClient): Promise<void> {
    if (!this.#unanswered) return;
    this.retried += 1;
    await this.#send(tenant, this.#unanswered);
  }

  #next(): Request {
    const request = this.#toCommit ? this.#commitOf(this.#toCommit) : this.#requests.next();
    this.writes.push(...request.writes);
    return request;
  }

  #commitOf({ id, parts }: { id: string; parts: number }): Request {
    this.#toCommit = parts > 1 ? { id, parts: parts - 1 } : undefined;
    return this.#requests.commit(id, parts === 1);
  }

  #drop(request: Request, outcome: Write["outcome"]): void {
    for (const write of request.writes) write.outcome = outcome;
    this.#unanswered = undefined;
    this.#toCommit = undefined;
  }

  async #send(tenant: BudgetClient, request: Request): Promise<void> {
    const times = this.#dice.percent(SENT_TWICE) ? 2 : 1;
    const ends = await Promise.allSettled(Array.from({ length: times }, () => send(tenant, request)));
    const answers = ends.filter((end) => end.status === "fulfilled").map(({ value }) => value);
    const faults = ends.filter((end) => end.status === "rejected").map(({ reason }) => reason as Error);
    const refusal = faults.find((fault) => !(fault instanceof UnansweredError));
    if (refusal) {
      this.refusals.push(refusal.message);
      return this.#drop(request, "refused");
    }
    if (answers.length === 0) throw faults[0];
    for (const [index, write] of request.writes.entries()) {
      write.outcome = "acknowledged";
      write.replayed = answers.every((answer) => answer[index]?.replayed === true);
    }
    this.#unanswered = undefined;
    const [write] = request.writes;
    const id = answers[0]?.[0]?.id;
    if (write.kind === "hold" && !write.leftToExpire && id) {
      this.#toCommit = { id, parts: this.#dice.percent(IN_PARTS) ? 2 : 1 };
    }
  }
}

/** Sends a request once, and returns an answer for each of its writes. */
async function send(tenant: BudgetClient, { path, body, writes }: Request): Promise<Acknowledgement[]> {
  if (path !== "/batch") return [await tenant.call<Acknowledgement>("POST", path, body)];
  const { results } = await tenant.call<{ results: { status: number; body: Acknowledgement }[] }>("POST", path, body);
  if (results.length !== writes.length) throw new Error(`a batch of ${writes.length} had ${results.length} results`);
  return results.map((result) => {
    if (result.status >= 300) throw new Error(`an operation of a batch failed: ${JSON.stringify(result)}`);
    return result.body;
  });
}
