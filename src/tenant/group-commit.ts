interface Queued {
  readonly run: () => unknown;
  readonly resolve: (answer: unknown) => void;
  readonly reject: (fault: unknown) => void;
}

/** What a commit writes, and takes back where it fails. */
export interface Committed {
  flush(): void;
  forget(): void;
}

/**
 * Commits operations that arrive together in one transaction: a flush runs them in order and writes what they changed,
 * then each caller gets its own answer, which the output gate holds until the commit is durable. Those that arrive
 * meanwhile wait for it, since their own answers could not be sent any sooner, and go down together with the next one.
 * An operation that throws takes nothing else with it: all is rolled back, and each runs by itself.
 */
export class GroupCommit {
  readonly #storage: DurableObjectStorage;
  readonly #state: Committed;
  #queue: Queued[] = [];
  #isBusy = false;

  constructor(storage: DurableObjectStorage, state: Committed) {
    this.#storage = storage;
    this.#state = state;
  }

  /** Runs an operation, which must not wait for anything, with those around it. */
  run<T>(operation: () => T): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#queue.push({ run: operation, resolve: resolve as Queued["resolve"], reject });
      if (!this.#isBusy) this.#schedule();
    });
  }

  /** A turn of the event loop takes in all calls that have arrived by then. */
  #schedule(): void {
    this.#isBusy = true;
    setTimeout(() => {
      this.#flush();
      // Where it fails, so have the answers at the output gate, and the platform starts the object anew.
      const goOn = () => {
        this.#isBusy = false;
        if (this.#queue.length > 0) this.#schedule();
      };
      this.#storage.sync().then(goOn, goOn);
    }, 0);
  }

  #flush(): void {
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
      this.#state.forget();
      throw fault;
    }
    for (const [i, { resolve }] of queued.entries()) resolve(answers[i]);
  }
}
