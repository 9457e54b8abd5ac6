/** The settings of a self-hosted service: environment variables, and stored secrets. */
import { readFileSync } from "node:fs";
import { parseEnv } from "node:util";

/**
 * This process's environment, and for a secret that it does not set the `.dev.vars` of `npm start`. Its other settings
 * are for a developer's machine alone: any page may call there.
 */
export function environmentWith(file: string): NodeJS.ProcessEnv {
  const { ADMIN_TOKEN, TOKEN_SECRET } = parseEnv(readIfThere(file));
  return { ...(ADMIN_TOKEN && { ADMIN_TOKEN }), ...(TOKEN_SECRET && { TOKEN_SECRET }), ...process.env };
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw error;
  }
}
