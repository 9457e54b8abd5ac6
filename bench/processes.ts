/** Starts servers, and reads their CPU time and memory from Linux. */
import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { setTimeout } from "node:timers/promises";
import { BenchError } from "./bench-error.ts";

/** Linux reports CPU time in this many ticks a second, on every architecture. */
const TICKS_PER_SECOND = 100;
const PAGE_BYTES = 4096;
const READY_WITHIN_MS = 20_000;
const STOPPED_WITHIN_MS = 5_000;

/** A server that the bench started. It is stopped when disposed of, and at the latest with the bench. */
export interface Server extends AsyncDisposable {
  readonly pid: number;
  readonly process: ChildProcess;
}

/** Starts a program. Its errors are printed, its output is not. */
export function startServer(program: string, args: readonly string[], options: SpawnOptions = {}): Server {
  const child = spawn(program, args, { stdio: ["ignore", "ignore", "inherit"], ...options });
  if (child.pid === undefined) throw new BenchError(`${program} cannot be started`);
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const kill = () => void child.kill("SIGKILL");
  // Before the directory that it writes to is removed.
  process.prependListener("exit", kill);
  return {
    pid: child.pid,
    process: child,
    async [Symbol.asyncDispose]() {
      // For PostgreSQL this is the fast shutdown: it does not wait for its clients. The others take it as SIGTERM.
      child.kill("SIGINT");
      const timer = globalThis.setTimeout(kill, STOPPED_WITHIN_MS);
      if (child.exitCode === null && child.signalCode === null) await ended;
      clearTimeout(timer);
      process.off("exit", kill);
    },
  };
}

/** A port of loopback that is free now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no port is free");
  return address.port;
}

/** Waits until a server accepts connections. */
export async function untilListening(server: Server, port: number, name: string): Promise<void> {
  for (const deadline = Date.now() + READY_WITHIN_MS; ; await setTimeout(50)) {
    if (await takesConnections(port)) return;
    if (server.process.exitCode !== null || Date.now() > deadline) throw new BenchError(`${name} did not start`);
  }
}

/** The CPU time that processes and all they started have used so far, in seconds. */
export function cpuSeconds(pids: readonly number[]): number {
  return withChildren(pids)
    .map((pid) => readStat(pid))
    .reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0);
}

/** The memory of processes and all they started, in bytes: the sum of their resident sets. */
export function residentBytes(pids: readonly number[]): number {
  return withChildren(pids)
    .map((pid) => readStat(pid))
    .reduce((sum, { residentBytes }) => sum + residentBytes, 0);
}

function takesConnections(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    const end = (takes: boolean) => {
      socket.destroy();
      resolve(takes);
    };
    socket.once("connect", () => end(true)).once("error", () => end(false));
  });
}

function withChildren(pids: readonly number[]): number[] {
  return pids.flatMap((pid) => [pid, ...withChildren(childrenOf(pid))]);
}

function childrenOf(pid: number): number[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/children`, "utf8").split(" ").filter(Boolean).map(Number),
  );
}

/** proc_pid_stat(5). The name, field 2, may contain spaces: the fields are counted from its closing parenthesis. */
function readStat(pid: number): { readonly cpuSeconds: number; readonly residentBytes: number } {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat
    .slice(stat.lastIndexOf(")") + 2)
    .split(" ")
    .map(Number);
  const [userTicks = 0, systemTicks = 0] = fields.slice(11);
  const [residentPages = 0] = fields.slice(21);
  return {
    cpuSeconds: (userTicks + systemTicks) / TICKS_PER_SECOND,
    residentBytes: residentPages * PAGE_BYTES,
  };
}
