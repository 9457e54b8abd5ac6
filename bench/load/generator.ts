/** Runs the load generator in a process of its own. */
import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { BenchError } from "../bench-error.ts";
import type { Job, LoadResult } from "./job.ts";
import type { Reply } from "./process.ts";

export class LoadGenerator implements Disposable {
  readonly #process: ChildProcess = fork(fileURLToPath(new URL("./process.ts", import.meta.url)));

  /** Runs a job to its end. One at a time. */
  async run(job: Job): Promise<LoadResult> {
    const replied = new Promise<Reply>((resolve, reject) => {
      this.#process.once("message", resolve);
      this.#process.once("exit", () => reject(new Error("the load generator ended")));
    });
    this.#process.send(job);
    const reply = await replied.finally(() => this.#process.removeAllListeners("exit"));
    if ("error" in reply) throw new BenchError(reply.error);
    return reply.result;
  }

  [Symbol.dispose](): void {
    this.#process.kill();
  }
}
