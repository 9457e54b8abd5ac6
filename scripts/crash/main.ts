/**
 * `npm run crash`: kills the service under load, again and again, and accounts for what it had acknowledged.
 *
 * Exit code: 0 where nothing was lost and nothing counted twice, 1 where anything was, 2 where an option is wrong.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { buildBundle } from "../selfhost/build-bundle.ts";
import { type CrashResult, crash } from "./crash.ts";

const USAGE = `usage: npm run crash -- [options]

  --kills N      how often workerd is killed (default: 20)
  --clients N    how many clients spend at the same time (default: 32)
  --max-users N  how many of their users, and of teams, have a bucket of their own (default: 100000)
  --seed N       repeats a run's requests and times of kills (default: a random one)
  --bundle DIR   what to serve (default: a bundle built for this)
  --help         prints this`;

const MAX_FAULTS_TOLD = 20;

const options = readOptions();
// An end by a signal must not leave workerd behind, and goes through process.exit so that it does not.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));

const dir = await mkdtemp(join(tmpdir(), "edge-budget-crash-"));
const bundleDir = options.bundle ?? join(dir, "bundle");
if (!options.bundle) await buildBundle(bundleDir);
const { kills, clients, maxUsers, seed } = options;
console.log(`crash: seed ${seed}, ${clients} clients`);
try {
  const result = await crash({
    bundleDir,
    stateDir: join(dir, "state"),
    kills,
    clients,
    maxUsers,
    seed,
    report: console.log,
  });
  tell(result);
  if (result.faults.length === 0) await rm(dir, { recursive: true });
  else console.log(`crash: the state is kept in ${dir}`);
  console.log(
    `crash: ${kills} kills, ${result.acknowledged} acknowledged, ${result.lost} lost, ${result.doubled} doubled`,
  );
  process.exitCode = result.faults.length === 0 ? 0 : 1;
} catch (error) {
  console.error(error);
  console.error(`crash: did not come to an end; the state is kept in ${dir}`);
  process.exitCode = 1;
}

function tell({ audit, retried, replayed, givenUp, givenUpCarriedOut, expired, faults }: CrashResult): void {
  console.log(`${retried} requests were sent again: ${replayed} of their writes had been carried out before`);
  console.log(`${givenUp} writes were given up: ${givenUpCarriedOut} of them had been carried out`);
  console.log(`${expired} holds came to their end unsettled`);
  console.log(
    `${audit.entries} entries of the ledger were held against the clients' accounts and ${audit.buckets} totals`,
  );
  for (const fault of faults.slice(0, MAX_FAULTS_TOLD)) console.log(fault);
  if (faults.length > MAX_FAULTS_TOLD) console.log(`… and ${faults.length - MAX_FAULTS_TOLD} more`);
}

function readOptions() {
  const text = { type: "string" } as const;
  try {
    const { values } = parseArgs({
      options: { kills: text, clients: text, "max-users": text, seed: text, bundle: text, help: { type: "boolean" } },
    });
    if (values.help) {
      console.log(USAGE);
      process.exit(0);
    }
    return {
      kills: wholeNumber("kills", values.kills ?? "20", 0, 10_000),
      clients: wholeNumber("clients", values.clients ?? "32", 1, 1000),
      maxUsers: wholeNumber("max-users", values["max-users"] ?? "100000", 1, 1_000_000),
      seed: wholeNumber("seed", values.seed ?? `${Math.floor(Math.random() * 2 ** 31)}`, 0, 2 ** 31),
      bundle: values.bundle,
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
