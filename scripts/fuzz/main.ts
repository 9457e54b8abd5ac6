/**
 * `npm run fuzz`: sends a service, over HTTP, requests of every kind that strangers send, and looks at every answer.
 *
 * Exit code: 0 where nothing was found, 1 where anything was, 2 where an option is wrong.
 */
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { buildBundle } from "../selfhost/build-bundle.ts";
import { environmentWith } from "../selfhost/environment.ts";
import { serveBundle } from "../selfhost/serve-bundle.ts";
import type { Secrets } from "./callers.ts";
import { KINDS } from "./findings.ts";
import { type FuzzResult, fuzz } from "./fuzz.ts";

const USAGE = `usage: npm run fuzz -- [options]

  --count N      how many requests (default: 10000)
  --clients N    how many are on their way at once (default: 32)
  --seed N       repeats a run's requests, but for the ids that the service makes (default: a random one)
  --url URL      a service that runs, with ADMIN_TOKEN and TOKEN_SECRET of the environment, or of a file .dev.vars
                 (default: one that is started for this, with a state of its own)
  --bundle DIR   what to serve where there is no --url (default: a bundle built for this)
  --help         prints this`;

const DEV_VARS = fileURLToPath(new URL("../../.dev.vars", import.meta.url));

const options = readOptions();
// An end by a signal must not leave workerd behind, and goes through process.exit so that it does not.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));

const { count, clients, seed } = options;
console.log(`fuzz: seed ${seed}, ${clients} clients`);
const result = options.url
  ? await fuzz({ count, clients, seed, url: options.url, secrets: options.secrets, report })
  : await fuzzOwn(options.bundle);
tell(result);
process.exitCode = result.findings.total === 0 && result.differences.length === 0 ? 0 : 1;

/** Starts a service for the run, and ends it. */
async function fuzzOwn(given: string | undefined): Promise<FuzzResult> {
  const dir = await mkdtemp(join(tmpdir(), "edge-budget-fuzz-"));
  try {
    const bundleDir = given ?? join(dir, "bundle");
    if (!given) await buildBundle(bundleDir);
    const secrets = {
      adminToken: randomBytes(32).toString("hex"),
      tokenSecret: `1:${randomBytes(32).toString("hex")}`,
    };
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

function report(line: string): void {
  console.log(`fuzz: ${line}`);
}

function tell({ findings, succeeded, problems, operations, tenants, entries, differences }: FuzzResult): void {
  for (const line of findings.report()) console.log(line);
  if (findings.total > 0) console.log(`These requests come again with --seed ${seed} --count ${count}.`);
  for (const line of differences) console.log(`totals: ${line}`);
  const successes = [...succeeded.values()].reduce((sum, times) => sum + times, 0);
  console.log(
    `fuzz: ${successes} requests succeeded, ${succeeded.size} of ${operations} operations among them; ${problems.size} kinds of problem were seen`,
  );
  console.log(
    `fuzz: ${tenants} tenants, ${entries} entries of their ledgers added up, ${differences.length} differences`,
  );
  const found = KINDS.map((kind) => `${findings.count(kind)} ${kind}s`).join(", ");
  console.log(`fuzz: ${count} requests, ${found}`);
}

function readOptions() {
  const text = { type: "string" } as const;
  try {
    const { values } = parseArgs({
      options: { count: text, clients: text, seed: text, url: text, bundle: text, help: { type: "boolean" } },
    });
    if (values.help) {
      console.log(USAGE);
      process.exit(0);
    }
    if (values.url !== undefined && !URL.canParse(values.url)) throw new Error("--url takes a URL");
    const { ADMIN_TOKEN, TOKEN_SECRET } = environmentWith(DEV_VARS);
    if (values.url !== undefined && !(ADMIN_TOKEN && TOKEN_SECRET)) {
      throw new Error("--url needs ADMIN_TOKEN and TOKEN_SECRET, as the service has them");
    }
    const secrets: Secrets = { adminToken: ADMIN_TOKEN ?? "", tokenSecret: TOKEN_SECRET ?? "" };
    return {
      count: wholeNumber("count", values.count ?? "10000", 1, 100_000_000),
      clients: wholeNumber("clients", values.clients ?? "32", 1, 1000),
      seed: wholeNumber("seed", values.seed ?? `${Math.floor(Math.random() * 2 ** 31)}`, 0, 2 ** 31),
      url: values.url?.replace(/\/+$/, ""),
      bundle: values.bundle,
      secrets,
    };
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${USAGE}`);
    process.exit(2);
  }
}

function wholeNumber(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new Error(`--${name} takes a whole number from ${least} to ${most}`);
  }
  return value;
}
