/** A `.dev.vars` is created once and readable only by its owner. */
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { expect, test } from "vitest";
import { ensureDevSecrets } from "../../scripts/dev-secrets.ts";

const modeOf = async (path: string) => (await stat(path)).mode & 0o777;

test("secrets are created once, readable by their owner only", async () => {
  const dir = await mkdtemp(join(tmpdir(), "edge-budget-"));
  await using _ = { [Symbol.asyncDispose]: () => rm(dir, { recursive: true }) };
  const file = join(dir, ".dev.vars");
  const made = ensureDevSecrets(file);
  expect(await modeOf(file)).toBe(0o600);
  expect(parseEnv(await readFile(file, "utf8"))).toEqual(made);
  expect(ensureDevSecrets(file)).toEqual(made);
});

test.each([
  ["lacks a secret", "ADMIN_TOKEN=mine"],
  ["has all", "ADMIN_TOKEN=mine\nTOKEN_SECRET=k:mine\nCORS_ORIGINS=\n"],
])("a file that others can read and that %s becomes private", async (_, text) => {
  const dir = await mkdtemp(join(tmpdir(), "edge-budget-"));
  await using _dir = { [Symbol.asyncDispose]: () => rm(dir, { recursive: true }) };
  const file = join(dir, ".dev.vars");
  await writeFile(file, text, { mode: 0o644 });
  expect(ensureDevSecrets(file).ADMIN_TOKEN).toBe("mine");
  expect(await modeOf(file)).toBe(0o600);
});
