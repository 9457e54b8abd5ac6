/** Writes each row's decision to a file, as NDJSON. */
import { once } from "node:events";
import { createWriteStream, type WriteStream } from "node:fs";
import { finished } from "node:stream/promises";
import type { BudgetStatus } from "../../src/core/index.ts";
import type { Row } from "./row.ts";

export class DecisionLog {
  readonly #stream: WriteStream;

  private constructor(stream: WriteStream) {
    this.#stream = stream;
  }

  /** @throws Error if the file cannot be written */
  static async open(file: string): Promise<DecisionLog> {
    const stream = createWriteStream(file);
    await once(stream, "open");
    return new DecisionLog(stream);
  }

  async write({ row, atMs, spent }: Row, { state, reason, limit }: BudgetStatus): Promise<void> {
    const decision = { row, at: new Date(atMs).toISOString(), user_id: spent.user_id ?? null, state, reason, limit };
    if (!this.#stream.write(`${JSON.stringify(decision)}\n`)) await once(this.#stream, "drain");
  }

  /** Waits until everything is in the file. */
  async close(): Promise<void> {
    this.#stream.end();
    await finished(this.#stream);
  }
}
