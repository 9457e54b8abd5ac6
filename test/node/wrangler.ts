/** Runs Workers as `npm start` does, in directories of their own. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startDevServer } from "../../scripts/dev-server.ts";
import { SECRETS } from "../worker/secrets.ts";

export const ROOT = fileURLToPath(new URL("../..", import.meta.url));

const ANSWERS_WITHIN_MS = 10_000;

/** Workers that run as `npm start` runs them. */
export interface Wrangler extends AsyncDisposable {
  /** Where the first of its Workers listens. */
  readonly url: string;
  /** The file of its secrets, in the format of a `.dev.vars`. */
  readonly secretsFile: string;
}

/**
 * Starts the Workers of these configurations, the first one's on a free port, and waits until it answers.
 *
 * @param stateDir the directory of its Workers' storage
 */
export async function startWrangler(configs: readonly string[], stateDir: string): Promise<Wrangler> {
  // A named file takes precedence over the `.dev.vars` that `npm start` may have created.
  const secretsFile = join(stateDir, "secrets.env");
  const secrets = Object.entries(SECRETS).map(([name, value]) => `${name}=${value}\n`);
  await writeFile(secretsFile, secrets.join(""));
  const server = await startDevServer({
    configs: configs.map((path) => join(ROOT, path)),
    port: await freePort(),
    stateDir,
    secretsFile,
    watch: false,
  });
  return { ...server, secretsFile };
}

/** Makes a directory for what a test's Workers store, and removes it when disposed of. */
export async function temporaryDir(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), "edge-budget-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** Sends a request as the operator, with a JSON body if one is given, and reads the answer. */
export async function callJson(
  method: string,
  url: string,
  body?: unknown,
  token = SECRETS.ADMIN_TOKEN,
  // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever was answered
): Promise<any> {
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
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
