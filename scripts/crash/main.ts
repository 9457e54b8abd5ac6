/**
 * `npm run crash`: kills the service under load, again and again, and checks every write it acknowledged.
 *
 * Exit code: 0 if no write was lost or counted twice, 1 if any was, 2 if an option is wrong.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readArguments } from "../arguments.ts";
import { buildBundle } from "../selfhost/build-bundle.ts";
import { type CrashResult, crash } from "./crash.ts";

const MAX_FAULTS_PRINTED = 20;

const { values } = readArguments({
  usage: "npm run crash -- [options]",
  does: "Kills workerd under load, again and again, and checks that no acknowledged write is lost or counted twice.",
  options: {
    kills: { type: "number", sentence: "how often to kill workerd", default: 20, min: 0, max: 10_000 },
    clients: { type: "number", sentence: "how many clients spend at the same time", default: 32, min: 1, max: 1000 },
    "max-users": {
      ...{ type: "number", sentence: "how many of their users, and of teams, get a bucket of their own" },
      ...{ default: 100_000, min: 1, max: 1_000_000 },
    },
    seed: {
      ...{ type: "number", sentence: "repeats a run's requests and the times of its kills" },
      ...{ default: Math.floor(Math.random() * 2 ** 31), shown: "a random one", min: 0, max: 2 ** 31 },
    },
    bundle: { type: "text", value: "DIR", sentence: "the bundle to serve", shown: "one built for this run" },
  },
});
// workerd is killed when the process exits; without a handler, a signal would skip that.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));

const dir = await mkdtemp(join(tmpdir(), "edge-budget-crash-"));
const { kills, clients, "max-users": maxUsers, seed, bundle } = values;
const bundleDir = bundle ?? join(dir, "bundle");
if (bundle === undefined) await buildBundle(bundleDir);
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
  printResult(result);
  if (result.faults.length === 0) await rm(dir, { recursive: true });
  else console.log(`crash: the state is in ${dir}`);
  console.log(
    `crash: ${kills} kills, ${result.acknowledged} acknowledged, ${result.lost} lost, ${result.doubled} doubled`,
  );
  process.exitCode = result.faults.length === 0 ? 0 : 1;
} catch (error) {
  console.error(error);
  console.error(`crash: stopped before the end; the state is in ${dir}`);
  process.exitCode = 1;
}

function printResult({ audit, retried, replayed, givenUp, givenUpCarriedOut, expired, faults }: CrashResult): void {
  console.log(`${retried} requests were retried; ${replayed} of their writes had already been applied`);
  console.log(`${givenUp} writes were given up; ${givenUpCarriedOut} of them had been applied`);
  console.log(`${expired} reservations expired`);
  console.log(
    `${audit.entries} ledger entries were compared with the clients' records and with the totals of ${audit.buckets} buckets`,
  );
  for (const fault of faults.slice(0, MAX_FAULTS_PRINTED)) console.log(fault);
  if (faults.length > MAX_FAULTS_PRINTED) console.log(`… and ${faults.length - MAX_FAULTS_PRINTED} more`);
}
