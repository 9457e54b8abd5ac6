/** Reads a log's row as a call: its time and what it spent. */
import type { Consumption } from "../../src/core/index.ts";
import { type Field, OPTIONAL_TOKENS, type ReplayOptions } from "./options.ts";
import type { Record } from "./read-log.ts";
import { UserError } from "./user-error.ts";

export interface Row {
  /** From 1, running on across files. */
  readonly row: number;
  /** Epoch milliseconds. */
  readonly atMs: number;
  readonly spent: Consumption;
}

const NANO_PER_TOKEN = 1000;

/**
 * Reads a log's row as a call.
 *
 * @throws UserError that names the file, the row, the column and what it takes
 */
export function readRow(record: Record, row: number, { columns, prices }: ReplayOptions): Row {
  const { file, rowInFile, columns: values } = record;
  const fail = (column: string, takes: string): never => {
    const found = column in values ? `not ${JSON.stringify(values[column])}` : "but the log has no such column";
    const known = column in values ? "" : ` (columns: ${Object.keys(values).join(", ")})`;
    throw new UserError(`${file}, row ${rowInFile}: the column "${column}" takes ${takes}, ${found}${known}`);
  };
  const columnOf = (field: Field) => columns.get(field) ?? field;
  const textIn = (field: Field): string | undefined => {
    const value = values[columnOf(field)];
    if (columns.has(field) && !(columnOf(field) in values)) fail(columnOf(field), "a value");
    return value === undefined || value === null || value === "" ? undefined : String(value);
  };
  const tokensIn = (field: Field): number => {
    const tokens = Number(textIn(field) ?? Number.NaN);
    return Number.isSafeInteger(tokens) && tokens >= 0 ? tokens : fail(columnOf(field), "a whole number from 0");
  };
  const atMs = parseTime(textIn("at") ?? "") ?? fail(columnOf("at"), "a time (RFC 3339, or seconds since 1970)");
  const tokens_in = tokensIn("tokens_in");
  const tokens_out = tokensIn("tokens_out");
  const parts = OPTIONAL_TOKENS.filter((field) => textIn(field) !== undefined).map((field) => [field, tokensIn(field)]);
  const costText = textIn("cost_usd");
  const cost = costText === undefined ? undefined : Number(costText);
  if (cost !== undefined && !(cost >= 0 && Number.isFinite(cost))) fail(columnOf("cost_usd"), "USD from 0");
  const priced = prices && Math.round((tokens_in * prices.inUsd + tokens_out * prices.outUsd) * NANO_PER_TOKEN) / 1e9;
  const labels = [...columns.keys()].flatMap((field) => {
    const value = field.startsWith("labels.") ? textIn(field) : undefined;
    return value === undefined ? [] : [[field.slice("labels.".length), value]];
  });
  const spent = {
    tokens_in,
    tokens_out,
    ...Object.fromEntries(parts),
    cost_usd: cost ?? priced,
    user_id: textIn("user_id"),
    model: textIn("model"),
    provider: textIn("provider"),
    labels: labels.length > 0 ? Object.fromEntries(labels) : undefined,
  };
  return { row, atMs, spent };
}

/** Reads RFC 3339, the same without its zone as UTC, or a number of seconds or milliseconds since 1970. */
export function parseTime(text: string): number | undefined {
  if (/^\d+(\.\d+)?$/.test(text)) return Math.round(Number(text) * (Number(text) < 1e11 ? 1000 : 1));
  const parts = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)?$/i.exec(text);
  if (!parts) return undefined;
  const [, date, time, fraction = "", zone = "Z"] = parts;
  const epochMs = Date.parse(`${date}T${time}.${fraction.slice(0, 3).padEnd(3, "0")}${zone}`);
  return Number.isNaN(epochMs) ? undefined : epochMs;
}
