/** Every file says what it is; those of `src` are small and have no import cycles. */
import { readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { expect, test } from "vitest";
import { ROOT } from "./wrangler.ts";

const MAX_LINES = 250;

/** By path below `src`: the text of every file that was not generated. */
const FILES = readFiles("src");

test("each file opens with a line that says what it is", () => {
  for (const folder of ["src", "scripts", "bench", "test"]) {
    const files = readFiles(folder);
    expect(files.size).toBeGreaterThan(50);
    for (const [path, text] of files) expect.soft(text, `${folder}/${path}`).toMatch(/^\/\*\*/);
  }
});

test("each file of src has at most 250 lines", () => {
  for (const [path, text] of FILES) expect.soft(text.split("\n").length - 1, path).toBeLessThanOrEqual(MAX_LINES);
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

/** The files below a folder that are neither generated nor installed nor fixtures, by path. */
function readFiles(folder: string): ReadonlyMap<string, string> {
  const paths = readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts") && !path.endsWith(".d.ts"))
    .filter((path) => !/(^|\/)(node_modules|fixtures)\//.test(path));
  return new Map(paths.map((path) => [path, readFileSync(join(ROOT, folder, path), "utf8")]));
}

function importsOf(path: string, text: string): string[] {
  const specifiers = [...text.matchAll(/\bfrom "(\.[^"]+)"/g)].map(([, specifier = ""]) => specifier);
  return specifiers.map((specifier) => posix.join(posix.dirname(path), specifier));
}

/** The import cycles that a depth-first search meets, each as the list of its files. */
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
