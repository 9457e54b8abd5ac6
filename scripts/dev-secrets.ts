/** Random secrets for a developer's machine, stored in `.dev.vars`. */
import { randomBytes } from "node:crypto";
import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { parseEnv } from "node:util";

const randomText = () => randomBytes(32).toString("base64url");

/** The settings of the service on a developer's machine, with random secrets. */
export const newDevSecrets = () => ({
  ADMIN_TOKEN: randomText(),
  TOKEN_SECRET: `dev:${randomText()}`,
  // Any page may call, but still needs a token.
  CORS_ORIGINS: "*",
});

/** Reads a `.dev.vars`, after adding missing settings. Git ignores it, and only its owner may read it. */
export function ensureDevSecrets(file: string): Readonly<Record<string, string | undefined>> {
  const isThere = existsSync(file);
  if (isThere) chmodSync(file, 0o600);
  const text = isThere ? readFileSync(file, "utf8") : "";
  const has = parseEnv(text);
  const missing = Object.entries(newDevSecrets()).filter(([name]) => has[name] === undefined);
  if (missing.length === 0) return has;
  const kept = text === "" || text.endsWith("\n") ? text : `${text}\n`;
  writeFileSync(file, kept + missing.map(([name, value]) => `${name}=${value}\n`).join(""), { mode: 0o600 });
  return { ...has, ...Object.fromEntries(missing) };
}
