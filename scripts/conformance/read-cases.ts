/** Reads vector files and validates what they contain. */
import { readFile } from "node:fs/promises";
import { type Case, OPS } from "./case.ts";

/** A file that is not a list of cases. The message names the file and what is wrong with it. */
export class BadFileError extends Error {
  override name = "BadFileError";
}

/** @throws BadFileError */
export async function readCases(file: string): Promise<Case[]> {
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    throw new BadFileError(`${file}: cannot be read (${error.code ?? error.message})`);
  });
  const cases = parse(file, text);
  if (!Array.isArray(cases)) throw new BadFileError(`${file}: takes an array of cases`);
  for (const [index, each] of cases.entries()) {
    const fault = faultOf(each);
    if (fault) throw new BadFileError(`${file}: case ${index} ${fault}`);
  }
  return cases;
}

function parse(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    // The message quotes the text, line breaks and all.
    const message = (error as Error).message.replaceAll(/\s+/g, " ");
    throw new BadFileError(`${file}: is not JSON (${message})`);
  }
}

function faultOf(each: unknown): string | undefined {
  if (!isObject(each)) return "is not an object";
  const { name, config, options = {}, steps } = each;
  if (typeof name !== "string") return "has no name";
  if (!isObject(config)) return `(${name}) has no config`;
  if (!isObject(options)) return `(${name}) has options that are not an object`;
  if (!Array.isArray(steps)) return `(${name}) has no steps`;
  for (const [index, step] of steps.entries()) {
    const fault = faultOfStep(step);
    if (fault) return `(${name}), step ${index} ${fault}`;
  }
  return undefined;
}

function faultOfStep(step: unknown): string | undefined {
  if (!isObject(step)) return "is not an object";
  const { at, op, expect = {} } = step;
  if (!(OPS as readonly unknown[]).includes(op)) {
    return `has an unknown op ${JSON.stringify(op)}; an op is one of ${OPS.join(", ")}`;
  }
  if (!Number.isFinite(at)) return "has no time; at takes a number of seconds";
  if (!isObject(expect)) return "has an expect that is not an object";
  return undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
