import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { SECRETS } from "../edge/secrets.ts";

export const ROOT = fileURLToPath(new URL("../..", import.meta.url));

const READY_WITHIN_MS = 25_000;
const ANSWERS_WITHIN_MS = 10_000;
const STOPPED_WITHIN_MS = 5_000;

/** A running `wrangler dev`. */
export interface Wrangler extends AsyncDisposable {
  /** Where the first of its Workers listens. */
  readonly url: string;
  /** Where its secrets stand, as they do in a `.dev.vars`. */
  readonly secretsFile: string;
}

/**
 * Starts `wrangler dev` with these configurations, the first one's Worker on a free port, and waits until it
 * answers. It ends, with all that it started, when disposed of.
 *
 * @param stateDir where its Workers store what they store
 */
export async function startWrangler(configs: readonly string[], stateDir: string): Promise<Wrangler> {
  const port = await freePort();
  // Named, it goes before the `.dev.vars` that `npm start` may have made.
  const secretsFile = join(stateDir, "secrets.env");
  await writeFile(
    secretsFile,
    Object.entries(SECRETS)
      .map(([name, value]) => `${name}=${value}\n`)
      .join(""),
  );
  const args = [
    join(ROOT, "node_modules/wrangler/bin/wrangler.js"),
    "dev",
    ...configs.flatMap((path) => ["-c", path]),
    ...["--ip", "127.0.0.1", "--port", `${port}`, "--inspector-port", "0", "--persist-to", stateDir],
    ...["--env-file", secretsFile],
  ];
  const child = spawn(process.execPath, args, {
    cwd: ROOT,
    // A group of its own, so that one signal reaches workerd too.
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      ...process.env,
      WRANGLER_SEND_METRICS: "false",
      CLOUDFLARE_CF_FETCH_ENABLED: "false",
      // Through the registry, services of one name in other sessions on this machine would find each other.
      WRANGLER_REGISTRY_PATH: join(stateDir, "registry"),
    },
  });
  const closed = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const stop = () => stopGroup(child, closed);
  // Being a group of its own, it hears no Ctrl-C, and a test that ran out of time does not dispose of it.
  process.once("exit", () => signalGroup(child, "SIGKILL"));
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => {
      signalGroup(child, "SIGKILL");
      process.kill(process.pid, signal);
    });
  }
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += chunk));
  const url = `http://127.0.0.1:${port}`;
  const deadline = Date.now() + READY_WITHIN_MS;
  while (!(await answers(url))) {
    if (child.exitCode !== null || Date.now() > deadline) {
      await stop();
      throw new Error(`wrangler dev did not start:\n${output}`);
    }
  }
  return { url, secretsFile, [Symbol.asyncDispose]: stop };
}

/** Makes a directory for what a test's Workers store, and removes it when disposed of. */
export async function temporaryDir(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), "edge-budget-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** Sends a request as the operator, with JSON where there is some, and reads its answer. */
// biome-ignore lint/suspicious/noExplicitAny: a test reads whatever was answered
export async function callJson(method: string, url: string, body?: unknown): Promise<any> {
  const headers = { authorization: `Bearer ${SECRETS.ADMIN_TOKEN}`, "content-type": "application/json" };
  const signal = AbortSignal.timeout(ANSWERS_WITHIN_MS);
  const response = await fetch(url, {
    method,
    headers,
    signal,
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${url} answered ${response.status}: ${text}`);
  return JSON.parse(text);
}

/** A port of loopback that nothing listens on now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no port is free");
  return address.port;
}

/** Whether anything answers at all, after a moment's patience where nothing does. */
async function answers(url: string): Promise<boolean> {
  try {
    await fetch(url, { signal: AbortSignal.timeout(ANSWERS_WITHIN_MS) });
    return true;
  } catch {
    await new Promise((resolve) => setTimeout(resolve, 100));
    return false;
  }
}

async function stopGroup(child: ChildProcess, closed: Promise<void>): Promise<void> {
  signalGroup(child, "SIGTERM");
  const timer = setTimeout(() => signalGroup(child, "SIGKILL"), STOPPED_WITHIN_MS);
  // It closes when nobody holds its output any more: all of the group are gone by then.
  await closed;
  clearTimeout(timer);
}

function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
