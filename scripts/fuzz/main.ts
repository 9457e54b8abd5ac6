/**
 * `npm run fuzz`: sends a service, over HTTP, requests of every kind that strangers send, and checks every answer.
 *
 * Exit code: 0 if nothing was found, 1 if anything was, 2 if an option is wrong or the service does not answer.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Command, readArguments, stop } from "../arguments.ts";
import { newDevSecrets } from "../dev-secrets.ts";
import { buildBundle } from "../selfhost/build-bundle.ts";
import { environmentWith } from "../selfhost/environment.ts";
import { serveBundle } from "../selfhost/serve-bundle.ts";
import type { Secrets } from "./callers.ts";
import { KINDS } from "./findings.ts";
import { type FuzzResult, fuzz } from "./fuzz.ts";

const DEV_VARS = fileURLToPath(new URL("../../.dev.vars", import.meta.url));

const COMMAND = {
  usage: "npm run fuzz -- [options]",
  does: "Sends a service requests of every kind that strangers send, and checks every answer.",
  options: {
    count: { type: "number", sentence: "how many requests to send", default: 10_000, min: 1, max: 100_000_000 },
    clients: { type: "number", sentence: "how many requests are in flight at once", default: 32, min: 1, max: 1000 },
    seed: {
      ...{ type: "number", sentence: "repeats a run's requests, except for ids that the service makes" },
      ...{ default: Math.floor(Math.random() * 2 ** 31), shown: "a random one", min: 0, max: 2 ** 31 },
    },
    url: {
      ...{ type: "url", sentence: "a running service; needs its ADMIN_TOKEN and TOKEN_SECRET" },
      shown: "one that is started for this run, with empty state",
    },
    bundle: {
      type: "text",
      value: "DIR",
      sentence: "the bundle to serve without --url",
      shown: "one built for this run",
    },
  },
  notes: "With --url, the two secrets are read from the environment, or from a file .dev.vars.",
} as const satisfies Command;

const { values } = readArguments(COMMAND);
// workerd is killed when the process exits; without a handler, a signal would skip that.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));

const { count, clients, seed, url, bundle } = values;
const secrets = url === undefined ? newSecrets() : knownSecrets();
console.log(`fuzz: seed ${seed}, ${clients} clients`);
try {
  const result = url === undefined ? await fuzzOwn(bundle) : await fuzz({ count, clients, seed, url, secrets, report });
  printResult(result);
  process.exitCode = result.findings.total === 0 && result.differences.length === 0 ? 0 : 1;
} catch (error) {
  console.error(`fuzz: ${(error as Error).message}`);
  process.exitCode = 2;
}

/** Starts a service for the run, and stops it. */
async function fuzzOwn(given: string | undefined): Promise<FuzzResult> {
  const dir = await mkdtemp(join(tmpdir(), "edge-budget-fuzz-"));
  try {
    const bundleDir = given ?? join(dir, "bundle");
    if (!given) await buildBundle(bundleDir);
    const env = {
      ...{ ADMIN_TOKEN: secrets.adminToken, TOKEN_SECRET: secrets.tokenSecret },
      ...{ REQUEST_LOG: "off", CORS_ORIGINS: "https://app.example", PATH: process.env.PATH },
    };
    await using service = await serveBundle({ bundleDir, stateDir: join(dir, "state"), env });
    return await fuzz({ count, clients, seed, url: service.url, secrets, report });
  } finally {
    await rm(dir, { recursive: true });
  }
}

function newSecrets(): Secrets {
  const { ADMIN_TOKEN, TOKEN_SECRET } = newDevSecrets();
  return { adminToken: ADMIN_TOKEN, tokenSecret: TOKEN_SECRET };
}

/** The secrets of a service that runs already. */
function knownSecrets(): Secrets {
  const { ADMIN_TOKEN, TOKEN_SECRET } = environmentWith(DEV_VARS);
  if (!(ADMIN_TOKEN && TOKEN_SECRET)) return stop(COMMAND, "--url needs the service's ADMIN_TOKEN and TOKEN_SECRET");
  return { adminToken: ADMIN_TOKEN, tokenSecret: TOKEN_SECRET };
}

function report(line: string): void {
  console.log(`fuzz: ${line}`);
}

function printResult({ findings, succeeded, problems, operations, tenants, entries, differences }: FuzzResult): void {
  for (const line of findings.report()) console.log(line);
  if (findings.total > 0) console.log(`To repeat these requests: --seed ${seed} --count ${count}.`);
  for (const line of differences) console.log(`totals: ${line}`);
  const successes = [...succeeded.values()].reduce((sum, times) => sum + times, 0);
  console.log(
    `fuzz: ${successes} requests succeeded, on ${succeeded.size} of ${operations} operations; ${problems.size} problem codes`,
  );
  console.log(
    `fuzz: ${tenants} tenants, ${entries} ledger entries compared with their totals, ${differences.length} differences`,
  );
  const found = KINDS.map((kind) => `${findings.count(kind)} ${kind}s`).join(", ");
  console.log(`fuzz: ${count} requests, ${found}`);
}
