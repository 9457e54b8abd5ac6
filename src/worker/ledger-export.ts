import { type LedgerEntry, LedgerExportQuery, type LedgerQuery, parseInput } from "../wire/index.ts";
import { NDJSON } from "./json-body.ts";
import type { RouteContext } from "./route.ts";
import { streamText } from "./stream-text.ts";
import type { TenantOperations } from "./tenant-operations.ts";

const PAGE = 1000;

/** The columns of a CSV export: what most entries have, and all else as JSON in the last. */
const COLUMNS = [
  "id",
  "at",
  "kind",
  "user_id",
  "model",
  "reservation",
  "tokens_in",
  "tokens_out",
  "cost_usd",
  "calls",
  "cache_read_input_tokens",
  "cache_write_input_tokens",
  "reasoning_output_tokens",
  "idempotency_key",
] as const satisfies readonly (keyof LedgerEntry)[];

/** Streams the entries that fit a query, a page at a time. */
export async function exportLedger(c: RouteContext): Promise<Response> {
  const { format, ...filters } = parseInput(LedgerExportQuery, c.req.query());
  const pages = pagesOf(c.var.tenant, filters);
  // The first page is read before the answer begins, so that what refuses it is still the answer.
  const first = await pages.next();
  const [print, type] = format === "csv" ? [printCsv, "text/csv; charset=utf-8"] : [printNdjson, NDJSON];
  return c.body(streamText(print(first, pages)), 200, { "content-type": type });
}

async function* pagesOf(
  tenant: TenantOperations,
  filters: Partial<LedgerQuery>,
): AsyncGenerator<readonly LedgerEntry[]> {
  for (let after: number | null = 0; after !== null; ) {
    const page: Awaited<ReturnType<TenantOperations["ledger"]>> = await tenant.ledger({
      ...filters,
      after,
      limit: PAGE,
    });
    yield page.items;
    after = page.next;
  }
}

type Pages = AsyncGenerator<readonly LedgerEntry[]>;
type First = Awaited<ReturnType<Pages["next"]>>;

async function* printNdjson(first: First, pages: Pages): AsyncGenerator<string> {
  const print = (items: readonly LedgerEntry[]) => items.map((entry) => `${JSON.stringify(entry)}\n`).join("");
  if (!first.done) yield print(first.value);
  for await (const items of pages) yield print(items);
}

async function* printCsv(first: First, pages: Pages): AsyncGenerator<string> {
  yield `${[...COLUMNS, "more"].join(",")}\r\n`;
  const print = (items: readonly LedgerEntry[]) => items.map((entry) => `${csvRow(entry)}\r\n`).join("");
  if (!first.done) yield print(first.value);
  for await (const items of pages) yield print(items);
}

function csvRow(entry: LedgerEntry): string {
  const known: readonly string[] = COLUMNS;
  const more = Object.fromEntries(Object.entries(entry).filter(([field]) => !known.includes(field)));
  const cells = COLUMNS.map((column) => entry[column] ?? "");
  return [...cells, Object.keys(more).length > 0 ? JSON.stringify(more) : ""].map(csvCell).join(",");
}

/** What spreadsheets take for a formula: one of four signs, also after what they trim, and in full width. */
const FORMULA = /^[\t\r\n]|^[\s\p{C}]*[=+\-@＝＋－＠]/u;
/** The same after a tab or a line's end, where a paste or a lenient reader begins another cell. */
const INNER_FORMULA = /([\t\r\n][\s\p{C}]*)(?=[=+\-@＝＋－＠])/gu;

/**
 * Prints a cell (RFC 4180). Text that a spreadsheet would take for a formula is led by an apostrophe: ids are what
 * callers say.
 */
function csvCell(value: string | number): string {
  if (typeof value === "number") return `${value}`;
  const text = (FORMULA.test(value) ? `'${value}` : value).replaceAll(INNER_FORMULA, "$1'");
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
