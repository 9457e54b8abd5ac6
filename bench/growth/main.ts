/**
 * `npm run bench:growth`: measures how cost grows with what is stored, on the built service under workerd. Writes
 * `bench/results/growth.json` and prints it as a table.
 *
 * Arguments: names of lines, to measure only those; they are printed and not written.
 */
import { rmSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BenchError } from "../bench-error.ts";
import { buildInto } from "../build.ts";
import { describeMachine } from "../machine.ts";
import { progress } from "../progress.ts";
import { serve } from "../serve.ts";
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

  const at = new Date().toISOString();
  const machine = describeMachine(dir);
  progress("building");
  await buildInto(dir);
  const rows: Row[] = [];
  for (const [name, line] of Object.entries(LINES)) {
    if (names.length > 0 && !names.includes(name)) continue;
    rows.push(...(await rowsOf(line, { serve: (state, module) => serve(dir, state, module) })));
    for (const size of line.sizes) await rm(join(dir, `${name}-${size}`), { recursive: true, force: true });
  }
  const growth: Growth = { machine, at, rows };
  console.log(printGrowth(growth));
  if (names.length > 0) return;
  await mkdir(new URL(".", RESULTS), { recursive: true });
  await writeFile(RESULTS, `${JSON.stringify(growth, null, 2)}\n`);
}
