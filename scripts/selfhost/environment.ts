import { readFileSync } from "node:fs";
import { parseEnv } from "node:util";

/**
 * This process's environment, and for what that does not set a file of `NAME=value` lines, the one that `wrangler dev`
 * reads too.
 */
export function environmentWith(file: string): NodeJS.ProcessEnv {
  return { ...parseEnv(readIfThere(file)), ...process.env };
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw error;
  }
}
