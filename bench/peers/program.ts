/** Locates the database programs that peers need. */
import { existsSync, globSync } from "node:fs";
import { delimiter, join } from "node:path";

/** Debian keeps PostgreSQL's programs out of the path, in a directory for each version. */
const POSTGRES_DIRS = "/usr/lib/postgresql/*/bin";

/** Finds a program in the path; undefined if it is not installed. */
export function findProgram(name: string): string | undefined {
  const dirs = [...(process.env.PATH ?? "").split(delimiter), ...globSync(POSTGRES_DIRS).sort().reverse()];
  return dirs.map((dir) => join(dir, name)).find((path) => existsSync(path));
}
