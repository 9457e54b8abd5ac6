/** The most text in a page, in UTF-16 units: far below the 32 MiB that one call by RPC can answer, whatever they encode to. */
export const MAX_PAGE_LENGTH = 4 * 1024 * 1024;

/** The first rows of a page, and whether rows were left. */
export interface Bounded<T> {
  readonly rows: T[];
  readonly hasMore: boolean;
}

/** Takes rows up to a count and to a length of text, one at the least, and reads no further. */
export function takePage<T>(rows: Iterable<T>, limit: number, maxLength = MAX_PAGE_LENGTH): Bounded<T> {
  const taken: T[] = [];
  let length = 0;
  for (const row of rows) {
    length += textIn(row);
    if (taken.length === limit || (taken.length > 0 && length > maxLength)) return { rows: taken, hasMore: true };
    taken.push(row);
  }
  return { rows: taken, hasMore: false };
}

/** How much text a row's columns have. */
function textIn(row: unknown): number {
  let length = 0;
  for (const value of Object.values(row as object)) if (typeof value === "string") length += value.length;
  return length;
}
