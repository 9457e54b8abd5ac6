/** How a peer is described, and how its Node server is started. */
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { BenchError } from "../bench-error.ts";

/** Another way to keep the same budget: a Node server that answers `POST consume`, and the store behind it. */
export interface Peer extends AsyncDisposable {
  readonly name: string;
  /** Where its Node server listens. */
  readonly port: number;
  /** Its processes: the Node server and the store. */
  readonly pids: readonly number[];
}

/** A peer's Node server, as one of `apps`. */
export interface App extends AsyncDisposable {
  readonly pid: number;
  readonly port: number;
}

/** Starts one of `apps` on the store that listens on a port. */
export async function startApp(name: "redis" | "limiter" | "postgres", storePort: number): Promise<App> {
  const file = fileURLToPath(new URL(`./apps/${name}.ts`, import.meta.url));
  const child = fork(file, [String(storePort)]);
  const ended = once(child, "exit").then(() => undefined);
  const started = once(child, "message").then(([message]) => (message as { port: number }).port);
  const port = await Promise.race([started, ended]);
  if (port === undefined || child.pid === undefined) throw new BenchError(`the peer's server ${name} did not start`);
  return {
    pid: child.pid,
    port,
    // Before its store stops, or it would report a lost connection.
    async [Symbol.asyncDispose]() {
      child.kill();
      await ended;
    },
  };
}
