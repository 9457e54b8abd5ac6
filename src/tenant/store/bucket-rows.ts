/** Converts a bucket's totals and counters to and from columns. */
import type { Bucket, Counter, Slot } from "../../core/index.ts";

/** The columns of a bucket's totals, in the order of `totalsOfBucket`. */
export const TOTALS = [
  "input_tokens",
  "output_tokens",
  "cost_nano_usd",
  "calls",
  "cache_read_input_tokens",
  "cache_write_input_tokens",
  "reasoning_output_tokens",
  "started_at",
  "counters",
  "generation",
] as const;

/** A bucket's totals as stored: integers, nano-USD, epoch milliseconds. */
export interface TotalsRow extends Record<string, SqlStorageValue> {
  input_tokens: number;
  output_tokens: number;
  cost_nano_usd: number;
  calls: number;
  cache_read_input_tokens: number;
  cache_write_input_tokens: number;
  reasoning_output_tokens: number;
  started_at: number;
  counters: string;
  generation: number;
}

export function totalsOfBucket({ usage, startedAtMs, counters, generation }: Bucket): SqlStorageValue[] {
  return [
    usage.inputTokens,
    usage.outputTokens,
    usage.costNanoUsd,
    usage.calls,
    usage.cacheReadInputTokens,
    usage.cacheWriteInputTokens,
    usage.reasoningOutputTokens,
    startedAtMs,
    printCounters(counters),
    generation,
  ];
}

export function totalsFromRow(row: TotalsRow): Pick<Bucket, "usage" | "startedAtMs" | "counters" | "generation"> {
  return {
    usage: {
      inputTokens: row.input_tokens,
      outputTokens: row.output_tokens,
      costNanoUsd: row.cost_nano_usd,
      calls: row.calls,
      cacheReadInputTokens: row.cache_read_input_tokens,
      cacheWriteInputTokens: row.cache_write_input_tokens,
      reasoningOutputTokens: row.reasoning_output_tokens,
    },
    startedAtMs: row.started_at,
    counters: parseCounters(row.counters),
    generation: row.generation,
  };
}

/** A slot as stored: time, input tokens, output tokens, nano-USD, calls. */
type SlotRow = readonly [atMs: number, inputTokens: number, outputTokens: number, costNanoUsd: number, calls: number];

/** A counter as stored: its generation, then its slots. Rows from before generations have slots only. */
type CounterRow = readonly [generation: number, ...slots: SlotRow[]] | readonly SlotRow[];

const NO_COUNTERS: ReadonlyMap<string, Counter> = new Map();

function printCounters(counters: Bucket["counters"]): string {
  if (counters.size === 0) return "{}";
  const row = ({ atMs, inputTokens, outputTokens, costNanoUsd, calls }: Slot): SlotRow => [
    atMs,
    inputTokens,
    outputTokens,
    costNanoUsd,
    calls,
  ];
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
  const slots = rows.map(([atMs, inputTokens, outputTokens, costNanoUsd, calls]) => ({
    atMs,
    inputTokens,
    outputTokens,
    costNanoUsd,
    calls,
  }));
  return { generation: hasGeneration ? first : 0, slots };
}
