/**
 * `npm run replay -- FILE… [options]`: replays a usage log through a budget, to see what a policy would have done.
 *
 * Exit code: 0 if all rows were replayed, 1 if a call to the service failed, 2 if a log or an option is wrong.
 */
import { CallError, ProblemError } from "../../src/client/index.ts";
import { type BudgetStatus, type ConsumeStatus, UnknownModelError } from "../../src/core/index.ts";
import { DecisionLog } from "./decision-log.ts";
import { InProcessBudget } from "./in-process.ts";
import { type ReplayOptions, readOptions } from "./options.ts";
import { Progress } from "./progress.ts";
import { readLogs } from "./read-log.ts";
import type { ReplayedBudget } from "./replayed-budget.ts";
import { printJson, printTable } from "./report.ts";
import { type Row, readRow } from "./row.ts";
import { ServiceBudget } from "./service.ts";
import { Tally } from "./tally.ts";
import { UserError } from "./user-error.ts";

let recorded = 0;
try {
  await replay(readOptions());
} catch (error) {
  if (error instanceof CallError) {
    console.error(`${error.message}\n${recorded} rows were recorded before that`);
    process.exitCode = 1;
  } else if (error instanceof UserError || error instanceof RangeError) {
    console.error(error.message);
    process.exitCode = 2;
  } else {
    throw error;
  }
}

async function replay(options: ReplayOptions): Promise<void> {
  if (options.service) console.error(`replaying as tenant ${options.service.tenant}`);
  const tally = new Tally();
  const progress = new Progress();
  const decisions = options.outFile === undefined ? undefined : await openLog(options.outFile);
  let budget: ReplayedBudget | undefined;
  let lastAtMs = 0;
  try {
    for await (const record of readLogs(options.files)) {
      const read = readRow(record, tally.rows + 1, options);
      // The clock only goes forward, even if a log's does not.
      const row = { ...read, atMs: Math.max(read.atMs, lastAtMs) };
      lastAtMs = row.atMs;
      budget ??= await openBudget(options, row);
      const status = await ask(budget, row);
      if (status.state !== "blocked") {
        const { unpriced } = await consume(budget, row);
        recorded += 1;
        if (unpriced) tally.addUnpriced(row);
      }
      tally.add(row, status);
      await decisions?.write(row, status);
      progress.show(tally.rows, tally.blocked);
    }
  } finally {
    progress.end();
    await decisions?.close();
  }
  const totals = (await budget?.totals()) ?? { tokens_in: 0, tokens_out: 0, cost_usd: 0 };
  console.log(options.json ? printJson(tally, totals) : printTable(tally, totals));
}

async function openBudget({ service, config }: ReplayOptions, { atMs }: Row): Promise<ReplayedBudget> {
  if (!service) return new InProcessBudget(config, atMs);
  const budget = new ServiceBudget(service);
  await budget.begin(config, atMs);
  return budget;
}

/** Asks before a row's call. A model without a price has been called already, so it is taken to cost nothing. */
async function ask(budget: ReplayedBudget, row: Row): Promise<BudgetStatus> {
  const { user_id, labels, model, provider } = row.spent;
  const step = { user_id, labels, model, provider };
  try {
    return await budget.allowsStep(step, row);
  } catch (error) {
    if (!isUnknownModel(error)) throw error;
    return budget.allowsStep({ ...step, cost_usd: 0 }, row);
  }
}

function isUnknownModel(error: unknown): boolean {
  return error instanceof UnknownModelError || (error instanceof ProblemError && error.code === "unknown_model");
}

async function consume(budget: ReplayedBudget, row: Row): Promise<ConsumeStatus> {
  try {
    return await budget.consume(row);
  } catch (error) {
    if (error instanceof RangeError) throw new UserError(`row ${row.row}: ${error.message}`);
    throw error;
  }
}

async function openLog(file: string): Promise<DecisionLog> {
  try {
    return await DecisionLog.open(file);
  } catch (error) {
    throw new UserError(`--out: ${(error as Error).message}`);
  }
}
