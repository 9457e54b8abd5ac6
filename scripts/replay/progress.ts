/** Shows the progress of a replay on stderr. */

/** How often progress is printed to a terminal and to a file. */
const TERMINAL_MS = 100;
const FILE_MS = 5000;

export class Progress {
  readonly #startMs = performance.now();
  readonly #isTerminal = process.stderr.isTTY === true;
  #shownMs = this.#startMs;

  show(rows: number, blocked: number): void {
    const nowMs = performance.now();
    if (nowMs - this.#shownMs < (this.#isTerminal ? TERMINAL_MS : FILE_MS)) return;
    this.#shownMs = nowMs;
    const perSecond = Math.round((1000 * rows) / (nowMs - this.#startMs));
    const line = `${rows} rows, ${blocked} blocked, ${perSecond} rows/s`;
    process.stderr.write(this.#isTerminal ? `\r\x1b[K${line}` : `${line}\n`);
  }

  /** Clears the terminal's line. */
  end(): void {
    if (this.#isTerminal) process.stderr.write("\r\x1b[K");
  }
}
