/** The structure of `src`: small files, each of which says what it is, and no import cycles. */
import { readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { expect, test } from "vitest";
import { ROOT } from "./wrangler.ts";

const MAX_LINES = 250;

/** By path below `src`: the text of every file that was not generated. */
const FILES = new Map(
  readdirSync(join(ROOT, "src"), { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts") && !path.endsWith(".d.ts"))
    .map((path) => [path, readFileSync(join(ROOT, "src", path), "utf8")]),
);

test("each file has a line that says what it is, and at most 250 lines", () => {
  expect(FILES.size).toBeGreaterThan(100);
  for (const [path, text] of FILES) {
    expect.soft(text, path).toMatch(/^\/\*\*/);
    expect.soft(text.split("\n").length - 1, path).toBeLessThanOrEqual(MAX_LINES);
  }
});

test("no file imports itself, directly or through others, not even for a type", () => {
  expect(cyclesIn(new Map([...FILES].map(([path, text]) => [path, importsOf(path, text)])))).toEqual([]);
  expect(
    cyclesIn(
      new Map([
        ["a", ["b"]],
        ["b", ["c"]],
        ["c", ["b"]],
      ]),
    ),
  ).toEqual([["b", "c", "b"]]);
});

function importsOf(path: string, text: string): string[] {
  const specifiers = [...text.matchAll(/\bfrom "(\.[^"]+)"/g)].map(([, specifier = ""]) => specifier);
  return specifiers.map((specifier) => posix.join(posix.dirname(path), specifier));
}

/** The import cycles that a depth-first search meets, each as the files on its way. */
function cyclesIn(imports: ReadonlyMap<string, readonly string[]>): string[][] {
  const cycles: string[][] = [];
  const done = new Set<string>();
  const visit = (file: string, way: readonly string[]) => {
    if (way.includes(file)) cycles.push([...way.slice(way.indexOf(file)), file]);
    if (done.has(file) || way.includes(file)) return;
    for (const imported of imports.get(file) ?? []) visit(imported, [...way, file]);
    done.add(file);
  };
  for (const file of imports.keys()) visit(file, []);
  return cycles;
}
