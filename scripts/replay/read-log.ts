/** Reads usage logs row by row, from CSV or JSON lines. */
import { createReadStream } from "node:fs";
import { extname } from "node:path";
import { createInterface } from "node:readline";
import { parse } from "csv-parse";
import { UserError } from "./user-error.ts";

/** One row of a log, by column; in CSV every value is text. */
export interface Record {
  readonly file: string;
  /** From 1, after the header, in its own file. */
  readonly rowInFile: number;
  readonly columns: Readonly<{ [column: string]: unknown }>;
}

/**
 * Reads logs one after another, row by row: CSV with a header, or JSON lines if the file's name says so.
 *
 * @throws UserError with the file and row that cannot be read
 */
export async function* readLogs(files: readonly string[]): AsyncGenerator<Record> {
  for (const file of files) {
    const isJson = [".jsonl", ".ndjson"].includes(extname(file).toLowerCase());
    let rowInFile = 0;
    try {
      for await (const columns of isJson ? readJsonLines(file) : readCsv(file)) {
        rowInFile += 1;
        yield { file, rowInFile, columns };
      }
    } catch (error) {
      if (error instanceof UserError) throw error;
      throw new UserError(`${file}, after row ${rowInFile}: ${(error as Error).message}`);
    }
  }
}

function readCsv(file: string): AsyncIterable<Record["columns"]> {
  const parser = parse({ columns: true, bom: true, skip_empty_lines: true, trim: true });
  const input = createReadStream(file);
  input.on("error", (error) => parser.destroy(error));
  return input.pipe(parser);
}

async function* readJsonLines(file: string): AsyncGenerator<Record["columns"]> {
  const input = createReadStream(file);
  // A file that cannot be opened fails here: later, the error would be unhandled.
  await new Promise((resolve, reject) => input.once("open", resolve).once("error", reject));
  for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
    if (line.trim() === "") continue;
    const value: unknown = JSON.parse(line);
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw new Error(`a line takes a JSON object, not ${line.slice(0, 40)}`);
    }
    yield value as Record["columns"];
  }
}
