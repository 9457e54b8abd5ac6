/** Group commit: operations that arrive together are committed together. */
interface Queued {
  readonly run: () => unknown;
  readonly resolve: (answer: unknown) => void;
  readonly reject: (fault: unknown) => void;
}

/** How many turns of the event loop, each of a millisecond or so, a flush under load waits through for more calls. */
const MAX_TURNS = 8;

/** What a commit writes, and takes back where it fails. */
export interface Committed {
  flush(): void;
  discard(): void;
}

/**
 * Commits operations that arrive together in one transaction: a flush runs them in order and writes what they changed,
 * then each caller gets its own answer, which the output gate holds until the commit is durable. One that is alone runs
 * at once. Those that arrive meanwhile wait until that is durable, since their own answers could not be sent any sooner,
 * and go down together. An operation that throws takes nothing else with it: all is rolled back, and each runs by itself.
 */
export class GroupCommit {
  readonly #storage: DurableObjectStorage;
  readonly #state: Committed;
  #queue: Queued[] = [];
  /** How many calls have queued something since the last flush: a batch is one. */
  #calls = 0;
  /** Whether a flush is being gathered, or the last one is not durable yet. */
  #isBusy = false;
  /** Whether the last flush was of more calls than one. */
  #isCrowded = false;

  constructor(storage: DurableObjectStorage, state: Committed) {
    this.#storage = storage;
    this.#state = state;
  }

  /** Runs a synchronous operation in the next commit, together with everything queued by then. */
  async run<T>(operation: () => T): Promise<T> {
    const [outcome] = await this.runAll([operation]);
    if (outcome?.status !== "fulfilled") throw outcome?.reason;
    return outcome.value;
  }

  /** Runs synchronous operations in order, in one commit, together with those queued by then. */
  runAll<T>(operations: readonly (() => T)[]): Promise<PromiseSettledResult<T>[]> {
    const answers = operations.map(
      (run) =>
        new Promise<T>((resolve, reject) => this.#queue.push({ run, resolve: resolve as Queued["resolve"], reject })),
    );
    this.#calls += 1;
    if (!this.#isBusy) this.#start();
    return Promise.allSettled(answers);
  }

  #start(): void {
    this.#isBusy = true;
    if (this.#isCrowded) this.#gather();
    else this.#flush();
  }

  /** Takes in calls for as long as each turn of the event loop brings more: those of a crowd arrive one by one. */
  #gather(turns = 1): void {
    const calls = this.#calls;
    setTimeout(() => {
      if (this.#calls > calls && turns < MAX_TURNS) this.#gather(turns + 1);
      else this.#flush();
    }, 0);
  }

  #flush(): void {
    this.#isCrowded = this.#calls > 1;
    this.#calls = 0;
    this.#commitAll();
    // Where it fails, so have the answers at the output gate, and the platform starts the object anew.
    const goOn = () => {
      this.#isBusy = false;
      if (this.#calls > 0) this.#start();
    };
    this.#storage.sync().then(goOn, goOn);
  }

  #commitAll(): void {
    const queued = this.#queue;
    this.#queue = [];
    try {
      this.#commit(queued);
    } catch (fault) {
      if (queued.length === 1) queued[0]?.reject(fault);
      else for (const each of queued) this.#commitAlone(each);
    }
  }

  #commitAlone(each: Queued): void {
    try {
      this.#commit([each]);
    } catch (fault) {
      each.reject(fault);
    }
  }

  /** @throws where an operation or a write does; then nothing has happened, in memory as in storage */
  #commit(queued: readonly Queued[]): void {
    let answers: unknown[];
    try {
      answers = this.#storage.transactionSync(() => {
        const all = queued.map(({ run }) => run());
        this.#state.flush();
        return all;
      });
    } catch (fault) {
      this.#state.discard();
      throw fault;
    }
    for (const [i, { resolve }] of queued.entries()) resolve(answers[i]);
  }
}

/** Lets the event loop take in what has arrived: a commit on a local disk gives it no turn by itself. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
