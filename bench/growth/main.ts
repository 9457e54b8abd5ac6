/**
 * `npm run bench:growth`: measures how cost grows with what is stored, on the built service under workerd. Writes
 * `bench/results/growth.json` and prints it as a table.
 *
 * Arguments: names of lines, to measure only those; the figures of the others stay.
 */
import { existsSync, rmSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
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

try {
  await measure(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof BenchError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}

async function measure(names: readonly string[]): Promise<void> {
  const unknown = names.find((name) => !(name in LINES));
  if (unknown !== undefined)
    throw new BenchError(`no line is called ${unknown}: there are ${Object.keys(LINES).join(", ")}`);
  const dir = await mkdtemp(join(tmpdir(), "edge-budget-growth-"));
  process.once("exit", () => rmSync(dir, { recursive: true, force: true, maxRetries: 5 }));
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));

  const machine = describeMachine(dir);
  progress("building");
  await buildInto(dir);
  for (const [name, line] of Object.entries(LINES)) {
    if (names.length > 0 && !names.includes(name)) continue;
    const states = new Set<string>();
    const stage: Stage = {
      serve(state, module) {
        states.add(state);
        return serve(dir, state, module);
      },
    };
    await write(machine, await rowsOf(line, stage));
    for (const state of states) await rm(join(dir, state), { recursive: true, force: true });
  }
  console.log(printGrowth(await read()));
}

/** Puts rows of one line in the place of those that it had. */
async function write(machine: Machine, rows: readonly Row[]): Promise<void> {
  const known = (await read()).rows;
  const all = Object.values(LINES).flatMap(({ name }) => {
    const measured = rows.filter(({ line }) => line === name);
    return measured.length > 0 ? measured : known.filter(({ line }) => line === name);
  });
  await writeFile(RESULTS, `${JSON.stringify({ machine, rows: all } satisfies Growth, null, 2)}\n`);
}

async function read(): Promise<Pick<Growth, "rows">> {
  return existsSync(RESULTS) ? JSON.parse(await readFile(RESULTS, "utf8")) : { rows: [] };
}
