/**
 * `npm run bench:growth`: measures how cost grows with what is stored, on the built service under workerd, and prints
 * the figures as tables.
 *
 * Exit code: 0 if it was measured, whatever the figures; 1 if it could not be; 2 if an option is wrong.
 */
import { existsSync, rmSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Command, readArguments, stop } from "../../scripts/arguments.ts";
import { CallError } from "../../src/client/index.ts";
import { BenchError } from "../bench-error.ts";
import { buildInto } from "../build.ts";
import { describeMachine, type Machine } from "../machine.ts";
import { progress } from "../progress.ts";
import { serve } from "../serve.ts";
import type { Stage } from "./line.ts";
import { LINES } from "./lines/index.ts";
import { type Growth, type Row, rowsOf } from "./rows.ts";
import { printGrowth } from "./table.ts";

const RESULTS = new URL("../results/growth.json", import.meta.url);

const COMMAND = {
  usage: "npm run bench:growth -- [LINE…] [options]",
  does: "Measures how cost grows with what is stored, on the built service under workerd.",
  operands: {
    ...{ name: "LINE…", min: 0, max: Number.POSITIVE_INFINITY },
    sentence: `what to measure (default: all of them)\n${Object.keys(LINES).join(", ")}`,
  },
  options: { save: { type: "flag", sentence: "replace the figures of these lines in bench/results/growth.json" } },
} as const satisfies Command;

const { values, operands: names } = readArguments(COMMAND);
const unknown = names.find((name) => !(name in LINES));
if (unknown !== undefined) stop(COMMAND, `There is no line ${unknown}; choose from ${Object.keys(LINES).join(", ")}`);
try {
  await measure();
} catch (error) {
  if (!(error instanceof BenchError || error instanceof CallError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}

async function measure(): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), "edge-budget-growth-"));
  process.once("exit", () => rmSync(dir, { recursive: true, force: true, maxRetries: 5 }));
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));

  const machine = describeMachine(dir);
  progress("building");
  await buildInto(dir);
  const rows: Row[] = [];
  for (const [name, line] of Object.entries(LINES)) {
    if (names.length > 0 && !names.includes(name)) continue;
    const states = new Set<string>();
    const stage: Stage = {
      serve(state, module) {
        states.add(state);
        return serve(dir, state, module);
      },
    };
    const measured = await rowsOf(line, stage);
    rows.push(...measured);
    // After each line, so that an interrupted run keeps its figures.
    if (values.save) await save(machine, measured);
    for (const state of states) await rm(join(dir, state), { recursive: true, force: true });
  }
  console.log(printGrowth(rows));
}

/** Replaces the saved rows of one line. */
async function save(machine: Machine, rows: readonly Row[]): Promise<void> {
  const known = await savedRows();
  const all = Object.values(LINES).flatMap(({ name }) => {
    const measured = rows.filter(({ line }) => line === name);
    return measured.length > 0 ? measured : known.filter(({ line }) => line === name);
  });
  await writeFile(RESULTS, `${JSON.stringify({ machine, rows: all } satisfies Growth, null, 2)}\n`);
}

async function savedRows(): Promise<readonly Row[]> {
  return existsSync(RESULTS) ? (JSON.parse(await readFile(RESULTS, "utf8")) as Growth).rows : [];
}
