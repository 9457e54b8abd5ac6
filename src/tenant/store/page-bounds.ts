/** Bounds on how much one page reads. */

/** The most text in a page, in UTF-16 units: in any encoding far below the 32 MiB that an RPC can return. */
export const MAX_PAGE_LENGTH = 4 * 1024 * 1024;

/** The rows of a page, and whether there are more. */
export interface Bounded<T> {
  readonly rows: T[];
  readonly hasMore: boolean;
}

/** Takes rows up to a number and a length of text, but at least one, and reads no further. */
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

function textIn(row: unknown): number {
  let length = 0;
  for (const value of Object.values(row as object)) if (typeof value === "string") length += value.length;
  return length;
}
