/** Serves a built Worker with a workerd process of its own. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { access, chmod, mkdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { Readable } from "node:stream";

const READY_WITHIN_MS = 15_000;
const STOPPED_WITHIN_MS = 5_000;
/** The exit code of `flock` if another process has the lock. */
const LOCKED = 75;
/** How much of workerd's output is kept, to be reported if it does not start. */
const KEPT_LOG_LENGTH = 8_192;

export interface ServeOptions {
  /** Where `buildBundle` put the bundle and its configuration. */
  readonly bundleDir: string;
  /** The objects' storage; created if missing, and private to this user. One workerd at a time can serve it. */
  readonly stateDir: string;
  /** Default: loopback. */
  readonly host?: string;
  /** Default: a free one. */
  readonly port?: number;
  /** The environment of workerd, from which the Worker reads its secrets. Default: this process's. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Whether the Worker logs to this process's output; by default it does not. */
  readonly logs?: "inherit" | "none";
}

/** A bundle served by a workerd of its own. It stops when disposed of, and with this process. */
export interface Service extends AsyncDisposable {
  readonly url: string;
  readonly pid: number;
  /** Resolves when workerd has exited, with the end of its output. */
  readonly gone: Promise<string>;
  /** Sends a signal, and resolves when workerd has exited. SIGTERM lets it finish requests in flight. */
  kill(signal: NodeJS.Signals): Promise<void>;
}

/**
 * Starts workerd on a bundle and waits until it answers `/health`.
 *
 * @throws Error with workerd's output, if it does not answer in time
 */
export async function serveBundle(options: ServeOptions): Promise<Service> {
  const { bundleDir, stateDir, host = "127.0.0.1", port = 0, env, logs = "none" } = options;
  const config = join(bundleDir, "workerd.capnp");
  await access(config).catch(() => {
    throw new Error(`${config} is not there; npm run build makes it`);
  });
  await mkdir(stateDir, { recursive: true });
  await chmod(stateDir, 0o700);
  const [command = "", ...args] = [
    ...closed(),
    ...lock(stateDir),
    ...[workerdPath(), "serve", "--experimental", config],
    ...["--directory-path", `state=${stateDir}`, "--socket-addr", `http=${bracketed(host)}:${port}`],
    // workerd reports its port here.
    "--control-fd=3",
  ];
  const output = logs === "inherit" ? "inherit" : "pipe";
  const child = spawn(command, args, { env, stdio: ["ignore", output, output, "pipe"] });
  const service = serviceOf(child, stateDir);
  try {
    const listening = await Promise.race([portOf(child.stdio[3] as Readable), failed(service)]);
    const url = `http://${reachable(host)}:${listening}`;
    await Promise.race([answering(`${url}/health`), failed(service)]);
    return { ...service, url };
  } catch (error) {
    await service.kill("SIGKILL");
    throw error;
  }
}

/** The binary that the project's wrangler depends on. */
export function workerdPath(): string {
  const { resolve } = createRequire(import.meta.url);
  return createRequire(resolve("wrangler/package.json"))("workerd").default;
}

/** Makes new files readable by their owner only; the command that follows replaces the shell. */
function closed(): string[] {
  return process.platform === "win32" ? [] : ["sh", "-c", 'umask 077; exec "$@"', "sh"];
}

/**
 * Two processes on one state would count independently, and workerd itself does not prevent that. On Linux, `flock`
 * does: its lock is released when the process exits.
 */
function lock(stateDir: string): string[] {
  if (process.platform !== "linux") return [];
  return ["flock", "--nonblock", "--no-fork", `--conflict-exit-code=${LOCKED}`, join(stateDir, "lock")];
}

function serviceOf(child: ChildProcess, stateDir: string): Omit<Service, "url"> {
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on("data", (chunk) => {
      said = (said + chunk).slice(-KEPT_LOG_LENGTH);
    });
  }
  const end = () => child.kill("SIGKILL");
  process.once("exit", end);
  const gone = new Promise<string>((resolve) => {
    child.once("error", ({ message }) => resolve(message));
    child.once("close", (code) => resolve(code === LOCKED ? `another process serves ${stateDir}` : said.trim()));
  }).finally(() => process.off("exit", end));
  const kill = async (signal: NodeJS.Signals) => {
    child.kill(signal);
    await gone;
  };
  return {
    pid: child.pid ?? 0,
    gone,
    kill,
    async [Symbol.asyncDispose]() {
      const timer = setTimeout(end, STOPPED_WITHIN_MS);
      await kill("SIGTERM");
      clearTimeout(timer);
    },
  };
}

async function portOf(control: Readable): Promise<number> {
  let text = "";
  for (;;) {
    const [chunk] = await once(control, "data");
    text += chunk;
    const [, port] = /"socket":"http","port":(\d+)/.exec(text) ?? [];
    if (port) return Number(port);
  }
}

async function failed({ gone }: Pick<Service, "gone">): Promise<never> {
  const said = await gone;
  throw new Error(`workerd did not start${said && `: ${said}`}`);
}

async function answering(url: string): Promise<void> {
  const deadline = Date.now() + READY_WITHIN_MS;
  while (!(await fetch(url, { signal: AbortSignal.timeout(READY_WITHIN_MS) }).then(...okOrNot))) {
    if (Date.now() > deadline) throw new Error(`${url} did not come to answer`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

const okOrNot = [(response: Response) => response.ok, () => false] as const;

function bracketed(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}

/** The host at which this machine reaches a server that listens on another. */
function reachable(host: string): string {
  if (host === "0.0.0.0" || host === "*") return "127.0.0.1";
  return bracketed(host === "::" ? "::1" : host);
}
