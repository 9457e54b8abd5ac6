/** Group commit: operations that arrive together are committed together. */

interface Queued {
  readonly run: () => unknown;
  readonly resolve: (answer: unknown) => void;
  readonly reject: (fault: unknown) => void;
}

/** How many turns of the event loop, of about a millisecond each, a commit under load waits for more calls. */
const MAX_TURNS = 8;

/** The state in memory that a commit writes, or discards if it fails. */
export interface CommitState {
  flush(): void;
  discard(): void;
}

/**
 * Commits operations that arrive together in one transaction. A commit runs them in order and writes what they changed;
 * then each caller gets its own answer, which the output gate holds back until the commit is durable. A lone operation
 * runs at once. Operations that arrive before it is durable wait for it, since their answers could not be sent any
 * sooner, and share the next commit. If an operation throws, all are rolled back and each runs in a commit of its own,
 * so that a fault affects no other operation.
 */
export class GroupCommit {
  readonly #storage: DurableObjectStorage;
  readonly #state: CommitState;
  #queue: Queued[] = [];
  /** How many calls have queued operations since the last commit. A batch is one call. */
  #calls = 0;
  /** True while a commit waits for more calls or is not durable yet. */
  #isBusy = false;
  /** True if the last commit was of more than one call. */
  #isUnderLoad = false;

  constructor(storage: DurableObjectStorage, state: CommitState) {
    this.#storage = storage;
    this.#state = state;
  }

  /** Runs a synchronous operation in the next commit, together with everything queued by then. */
  async run<T>(operation: () => T): Promise<T> {
    const [outcome] = await this.runAll([operation]);
    if (outcome?.status !== "fulfilled") throw outcome?.reason;
    return outcome.value;
  }

  /** Runs synchronous operations in order, in one commit, together with everything queued by then. */
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
    if (this.#isUnderLoad) this.#gather();
    else this.#flush();
  }

  /** Waits for as long as each turn of the event loop brings more calls: concurrent calls arrive one by one. */
  #gather(turns = 1): void {
    const calls = this.#calls;
    setTimeout(() => {
      if (this.#calls > calls && turns < MAX_TURNS) this.#gather(turns + 1);
      else this.#flush();
    }, 0);
  }

  #flush(): void {
    this.#isUnderLoad = this.#calls > 1;
    this.#calls = 0;
    this.#commitAll();
    // If the sync fails, the answers at the output gate fail too, and the platform restarts the object.
    const startNext = () => {
      this.#isBusy = false;
      if (this.#calls > 0) this.#start();
    };
    this.#storage.sync().then(startNext, startNext);
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

  /** @throws if an operation or a write throws; then nothing has changed, in memory or in storage */
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

/** Lets the event loop deliver calls that have arrived: a commit to a local disk does not yield to it. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
