/** Runs the commands of a documentation page and compares their output. */
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect } from "vitest";
import { ROOT } from "./wrangler.ts";

const run = promisify(execFile);

/** Starts each line of a command's output, which is shown below it; `…` replaces what is left out. */
const PRINTS = "# → ";
const END_OF_OUTPUT = "\n-- end of output --\n";

interface Step {
  readonly command: string;
  readonly printed: readonly string[];
}

/** Text of a page by what replaces it in a test: the service's URL, and the file of its secrets. */
export type Replacements = Readonly<Record<string, string>>;

/**
 * Runs the commands of a page in bash, one after the other as a reader would, and expects each to print the output
 * shown below it.
 *
 * @param heading the section to run; by default, the whole page
 */
export async function expectPageHolds(path: string, replacements: Replacements, heading?: string) {
  const page = await readFile(join(ROOT, path), "utf8");
  const steps = readSteps(heading === undefined ? page : sectionOf(page, heading));
  const toHere = (text: string) =>
    Object.entries(replacements).reduce((replaced, [there, here]) => replaced.replaceAll(there, here), text);
  const toPage = (text: string) =>
    Object.entries(replacements).reduce((replaced, [there, here]) => replaced.replaceAll(here, there), text);
  const script = [
    `command -v curl >/dev/null || curl() { "${process.execPath}" "${join(ROOT, "test/node/curl.ts")}" "$@"; }`,
    ...steps.flatMap(({ command }) => [toHere(command), `printf '${END_OF_OUTPUT}'`]),
  ];
  const { stdout } = await run("bash", ["-euc", script.join("\n")], { cwd: ROOT, timeout: 50_000 });
  const outputs = stdout.split(END_OF_OUTPUT).map((text) => text.trim());
  expect(outputs).toHaveLength(steps.length + 1);
  for (const [i, { command, printed }] of steps.entries()) {
    if (printed.length > 0) expect.soft(toPage(outputs[i] ?? ""), command).toMatch(patternOf(printed));
  }
  return steps.length;
}

function readSteps(markdown: string): Step[] {
  const steps: { command: string; printed: string[] }[] = [];
  for (const [, block = ""] of markdown.matchAll(/^```sh\n(.*?)^```$/gms)) {
    for (const line of block.split("\n")) {
      if (line.startsWith(PRINTS)) steps.at(-1)?.printed.push(line.slice(PRINTS.length));
      else if (line.trim() !== "" && !line.startsWith("#")) steps.push({ command: line, printed: [] });
    }
  }
  return steps;
}

function sectionOf(page: string, heading: string): string {
  const [, rest] = page.split(`\n## ${heading}\n`);
  if (rest === undefined) throw new Error(`the page has no section "${heading}"`);
  return rest.split("\n## ", 1)[0] ?? "";
}

/** The comparison ignores case, because the case of header names depends on the protocol. */
function patternOf(printed: readonly string[]): RegExp {
  const literal = (text: string) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`^${printed.join("\n").split("…").map(literal).join(".*")}$`, "is");
}
