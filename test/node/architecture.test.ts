/** docs/architecture.md: the files, lines and tests that it names exist. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ROOT } from "./wrangler.ts";

const PAGE = readFileSync(join(ROOT, "docs/architecture.md"), "utf8");
const read = (path: string) => readFileSync(join(ROOT, path), "utf8");

test("every file that it names exists", () => {
  const paths = [...PAGE.matchAll(/`((?:src|test)\/[\w./-]+\.ts)`/g)].map(([, path = ""]) => path);
  expect(paths.length).toBeGreaterThan(20);
  for (const path of paths) expect.soft(existsSync(join(ROOT, path)), path).toBe(true);
});

test.each([...PAGE.matchAll(/^- kept in `([^`]+)`: `(.+)`$/gm)].map(([, path, line]) => [path, line] as const))(
  "%s has the line that keeps an invariant",
  (path, line) => {
    expect(read(path ?? "")).toContain(line);
  },
);

test.each(
  [...PAGE.matchAll(/^- tested in `([^`]+)`: "(.+?)"(?:.*\(`([^`]+)`\))?$/gm)].map(([, path, title, other]) => [
    other ?? path,
    title,
  ]),
)("%s has the test of an invariant", (path, title) => {
  expect(read(path ?? "")).toContain(title);
});

test("each invariant has a line and a test", () => {
  const invariants = PAGE.match(/^\*\*[A-Z].*\.\*\*/gm)?.length;
  expect(invariants).toBe(7);
  expect(PAGE.match(/^- kept in/gm)).toHaveLength(7);
  expect(PAGE.match(/^- tested in/gm)).toHaveLength(7);
});
