/** Exports: lists streamed page by page, no faster than they are read. */
import { USAGE_PARTS } from "../core/index.ts";
import type { LedgerEntry, Page } from "../wire/index.ts";

export function streamText(texts: AsyncIterable<string> | Iterable<string>): ReadableStream<Uint8Array> {
  const utf8 = new TextEncoder();
  const iterator = Symbol.asyncIterator in texts ? texts[Symbol.asyncIterator]() : texts[Symbol.iterator]();
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const next = await iterator.next();
      if (next.done) controller.close();
      else controller.enqueue(utf8.encode(next.value));
    },
    async cancel() {
      await iterator.return?.();
    },
  });
}

/**
 * Streams a list. The first page is read before the stream starts, so that its refusal can still be the response.
 *
 * @param print prints an item, including the end of its line
 */
export async function streamPages<T, After>(
  first: After,
  read: (after: After) => Promise<Page<T, After>>,
  print: (item: T) => string,
  head = "",
): Promise<ReadableStream<Uint8Array>> {
  const { items, next } = await read(first);
  async function* texts(): AsyncGenerator<string> {
    const printAll = (some: readonly T[]) => some.map(print).join("");
    yield head + printAll(items);
    for (let after = next; after !== null; ) {
      const page = await read(after);
      yield printAll(page.items);
      after = page.next;
    }
  }
  return streamText(texts());
}

export function printNdjson(item: unknown): string {
  return `${JSON.stringify(item)}\n`;
}

/** The columns of the ledger's CSV export: fields that most entries have. All others are JSON in one more column. */
const COLUMNS = [
  "id",
  "at",
  "kind",
  "user_id",
  "model",
  "reservation",
  ...USAGE_PARTS.map(({ field }) => field),
  "idempotency_key",
] as const satisfies readonly (keyof LedgerEntry)[];

export const CSV_HEAD = `${[...COLUMNS, "more"].join(",")}\r\n`;

export function printCsv(entry: LedgerEntry): string {
  const known: readonly string[] = COLUMNS;
  const more = Object.fromEntries(Object.entries(entry).filter(([field]) => !known.includes(field)));
  const cells = COLUMNS.map((column) => entry[column] ?? "");
  const row = [...cells, Object.keys(more).length > 0 ? JSON.stringify(more) : ""];
  return `${row.map(csvCell).join(",")}\r\n`;
}

/** Text that spreadsheets read as a formula: it starts with one of four signs, also after trimmed characters. */
const FORMULA = /^[\t\r\n]|^[\s\p{C}]*[=+\-@＝＋－＠]/u;
/** The same after a tab or a line break, at which a paste or a lenient parser starts another cell. */
const INNER_FORMULA = /([\t\r\n][\s\p{C}]*)(?=[=+\-@＝＋－＠])/gu;

/**
 * A cell of CSV (RFC 4180). Callers choose ids, so an apostrophe is put before text that a spreadsheet would read as a
 * formula.
 */
function csvCell(value: string | number): string {
  if (typeof value === "number") return `${value}`;
  const text = (FORMULA.test(value) ? `'${value}` : value).replaceAll(INNER_FORMULA, "$1'");
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
