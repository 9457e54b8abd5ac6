/** The rows of buckets: a column for each part of a total, and the counters of windows as JSON. */
import { type Bucket, type Counter, type Slot, USAGE_PARTS, type UsageColumn } from "../../core/index.ts";
import { type UsageList, usageFromList, usageList } from "./usage-list.ts";

const USAGE_COLUMNS = USAGE_PARTS.map(({ column }) => column);

/** The columns of a bucket's totals, in the order of the values that `totalsOfBucket` returns. */
export const TOTALS = [...USAGE_COLUMNS, "started_at", "counters", "generation"] as const;

/** A bucket's totals as stored: integers, nano-USD, epoch milliseconds. */
export interface TotalsRow extends Record<string, SqlStorageValue>, Record<UsageColumn, number> {
  started_at: number;
  counters: string;
  generation: number;
}

type TotalsValues = [...UsageList, startedAtMs: number, counters: string, generation: number];

export function totalsOfBucket({ usage, startedAtMs, counters, generation }: Bucket): TotalsValues {
  return [...usageList(usage), startedAtMs, printCounters(counters), generation];
}

export function totalsFromRow(row: TotalsRow): Pick<Bucket, "usage" | "startedAtMs" | "counters" | "generation"> {
  return {
    usage: usageFromList(USAGE_COLUMNS.map((column) => row[column]) as unknown as UsageList),
    startedAtMs: row.started_at,
    counters: parseCounters(row.counters),
    generation: row.generation,
  };
}

/** A slot as stored: time, input tokens, output tokens, nano-USD, calls, and those without a known cost, if any. */
type SlotRow = readonly [
  atMs: number,
  inputTokens: number,
  outputTokens: number,
  costNanoUsd: number,
  calls: number,
  unpricedCalls?: number,
];

/** A counter as stored: its generation, then its slots. Rows from before generations have slots only. */
type CounterRow = readonly [generation: number, ...slots: SlotRow[]] | readonly SlotRow[];

const NO_COUNTERS: ReadonlyMap<string, Counter> = new Map();

function printCounters(counters: Bucket["counters"]): string {
  if (counters.size === 0) return "{}";
  const row = ({ atMs, inputTokens, outputTokens, costNanoUsd, calls, unpricedCalls }: Slot): SlotRow => {
    const counted = [atMs, inputTokens, outputTokens, costNanoUsd, calls] as const;
    return unpricedCalls === 0 ? counted : [...counted, unpricedCalls];
  };
  const rows = [...counters].map(([window, { generation, slots }]) => [window, [generation, ...slots.map(row)]]);
  return JSON.stringify(Object.fromEntries(rows));
}

function parseCounters(text: string): Bucket["counters"] {
  if (text === "{}") return NO_COUNTERS;
  const rows = Object.entries(JSON.parse(text) as Record<string, CounterRow>);
  return new Map(rows.map(([window, row]) => [window, counterFromRow(row)]));
}

function counterFromRow([first, ...rest]: CounterRow): Counter {
  const hasGeneration = typeof first === "number";
  const rows = (first === undefined || hasGeneration ? rest : [first, ...rest]) as readonly SlotRow[];
  const slots = rows.map(([atMs, inputTokens, outputTokens, costNanoUsd, calls, unpricedCalls = 0]) => ({
    atMs,
    inputTokens,
    outputTokens,
    costNanoUsd,
    calls,
    unpricedCalls,
  }));
  return { generation: hasGeneration ? first : 0, slots };
}
