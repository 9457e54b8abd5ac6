/**
 * `npm run bench`: measures the built service under workerd, its floor and its peers in one run.
 *
 * Exit code: 0 if it was measured, whatever the figures; 1 if it could not be; 2 if an option is wrong.
 */
import { rmSync } from "node:fs";
import { chmod, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readArguments } from "../scripts/arguments.ts";
import { CallError } from "../src/client/index.ts";
import { BenchError } from "./bench-error.ts";
import { buildInto } from "./build.ts";
import { costsOf } from "./cost.ts";
import { LoadGenerator } from "./load/generator.ts";
import { describeMachine } from "./machine.ts";
import { measureAll } from "./measure-all.ts";
import { FULL, QUICK } from "./plan.ts";
import { progress } from "./progress.ts";
import { reachesOf } from "./reaches.ts";
import type { Results } from "./report/results.ts";
import { rowsOf } from "./report/rows.ts";
import { drawResults } from "./report/svg.ts";
import { printResults } from "./report/table.ts";

const RESULTS = new URL("./results/", import.meta.url);

const { values } = readArguments({
  usage: "npm run bench -- [options]",
  does: "Measures the built service under workerd, the least its platform can do, and the installed peers.",
  options: {
    quick: { type: "flag", sentence: "take less than a minute: shorter and fewer rounds" },
    "no-peers": { type: "flag", sentence: "leave out Redis and PostgreSQL" },
    save: { type: "flag", sentence: "write bench/results/latest.json and latest.svg" },
  },
});
try {
  await bench();
} catch (error) {
  if (!(error instanceof BenchError || error instanceof CallError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}

async function bench(): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), "edge-budget-bench-"));
  // PostgreSQL runs as a user of its own, which must reach its directory in this one.
  await chmod(dir, 0o755);
  process.once("exit", () => rmSync(dir, { recursive: true, force: true, maxRetries: 5 }));
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));

  const results = await run(dir);
  if (values.save) {
    await writeFile(new URL("latest.json", RESULTS), `${JSON.stringify(results, null, 2)}\n`);
    await writeFile(new URL("latest.svg", RESULTS), drawResults(results));
  }
  console.log(printResults(results));
}

async function run(dir: string): Promise<Results> {
  const { quick, "no-peers": noPeers } = values;
  const at = new Date().toISOString();
  const machine = describeMachine(dir);
  progress("building");
  await buildInto(dir);
  using generator = new LoadGenerator();
  const figures = await measureAll(quick ? QUICK : FULL, !noPeers, dir, generator);
  const { measured, rows } = figures;
  return {
    ...{ machine, at, quick },
    rows: rowsOf(measured, rows),
    reaches: reachesOf(figures),
    costs: costsOf(measured, rows),
  };
}
