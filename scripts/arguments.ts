/**
 * The command line of every script: each declares its options once, and parsing, `--help` and the errors derive from
 * that. `--help` exits with 0, a mistake with 2.
 */
import { parseArgs } from "node:util";

export interface Command {
  /** How it is run, such as `npm run audit -- TENANT [options]`. */
  readonly usage: string;
  /** One sentence that says what it does. */
  readonly does: string;
  /** The positional arguments; none by default. */
  readonly operands?: Operands;
  readonly options: Readonly<Record<string, Option>>;
  /** Printed below the options, such as what it reads from the environment. */
  readonly notes?: string;
}

interface Operands {
  readonly name: string;
  readonly sentence: string;
  readonly min: number;
  readonly max: number;
}

/** What an option does, and what it takes. `shown` describes a default that the value itself does not. */
export type Option = { readonly sentence: string; readonly shown?: string } & (
  | { readonly type: "flag" }
  | { readonly type: "text"; readonly value: string; readonly default?: string | undefined }
  | { readonly type: "url"; readonly default?: string }
  | { readonly type: "number"; readonly default: number; readonly min: number; readonly max: number }
);

type ValueOf<O> = O extends { type: "flag" }
  ? boolean
  : O extends { type: "number" }
    ? number
    : O extends { default: string }
      ? string
      : string | undefined;

/** What a command line says: a value for each option, and the operands. */
export interface Arguments<C extends Command> {
  readonly values: { readonly [name in keyof C["options"]]: ValueOf<C["options"][name]> };
  readonly operands: readonly string[];
}

const HELP: Option = { type: "flag", sentence: "print this" };

/** A mistake on the command line; the message is one line. */
class MistakeError extends Error {
  override name = "MistakeError";
}

/** Reads the command line. It exits after `--help` and after a mistake. */
export function readArguments<const C extends Command>(command: C): Arguments<C> {
  const { values, positionals } = parse(command);
  if (values.help) {
    console.log(helpOf(command));
    process.exit(0);
  }
  try {
    const options = Object.entries(command.options);
    return {
      values: Object.fromEntries(options.map(([name, option]) => [name, readValue(name, option, values[name])])),
      operands: checkOperands(positionals, command.operands),
    } as unknown as Arguments<C>;
  } catch (error) {
    if (!(error instanceof MistakeError)) throw error;
    return stop(command, error.message);
  }
}

/** Prints a mistake with the usage, and exits with 2. */
export function stop({ usage }: Command, mistake: string): never {
  console.error(`${mistake}\nusage: ${usage}\n--help describes the options`);
  process.exit(2);
}

/** What `--help` prints. */
export function helpOf({ usage, does, operands, options, notes }: Command): string {
  const rows = Object.entries({ ...options, help: HELP }).map(([name, option]) => [
    [`--${name}`, placeholderOf(option)].filter(Boolean).join(" "),
    option.sentence + defaultOf(option),
  ]);
  if (operands) rows.unshift([operands.name, operands.sentence]);
  const width = Math.max(...rows.map(([name = ""]) => name.length));
  const lines = rows.map(
    ([name = "", sentence = ""]) =>
      `  ${name.padEnd(width)}  ${sentence.replaceAll("\n", `\n${" ".repeat(width + 4)}`)}`,
  );
  return [`usage: ${usage}`, does, lines.join("\n"), ...(notes === undefined ? [] : [notes])].join("\n\n");
}

function parse(command: Command) {
  const names = Object.entries({ ...command.options, help: HELP });
  const options = Object.fromEntries(
    names.map(([name, { type }]) => [name, { type: type === "flag" ? ("boolean" as const) : ("string" as const) }]),
  );
  try {
    return parseArgs({ options, allowPositionals: true });
  } catch (error) {
    // The first sentence says what is wrong; the others explain how a value can begin with a dash.
    return stop(command, ((error as Error).message.split(/\.\s/)[0] ?? "").replace(/\.$/, ""));
  }
}

function readValue(
  name: string,
  option: Option,
  given: string | boolean | undefined,
): string | number | boolean | undefined {
  if (option.type === "flag") return given === true;
  if (typeof given !== "string") return option.default;
  if (option.type === "text") return given;
  if (option.type === "url") {
    const isHttp = /^https?:$/.test(URL.parse(given)?.protocol ?? "");
    if (!isHttp) throw new MistakeError(`--${name} takes an http or https URL, not ${JSON.stringify(given)}`);
    return given.replace(/\/+$/, "");
  }
  const { min, max } = option;
  const number = given.trim() === "" ? Number.NaN : Number(given);
  if (Number.isInteger(number) && number >= min && number <= max) return number;
  throw new MistakeError(`--${name} takes a whole number from ${min} to ${max}, not ${JSON.stringify(given)}`);
}

function checkOperands(given: readonly string[], operands: Operands | undefined): readonly string[] {
  const { name, min, max } = operands ?? { name: "", min: 0, max: 0 };
  if (given.length < min) throw new MistakeError(`${name} is missing`);
  const surplus = given[max];
  if (surplus !== undefined) throw new MistakeError(`Unexpected argument ${JSON.stringify(surplus)}`);
  return given;
}

function placeholderOf(option: Option): string {
  if (option.type === "flag") return "";
  if (option.type === "text") return option.value;
  return option.type === "url" ? "URL" : "N";
}

function defaultOf(option: Option): string {
  return option.type === "flag" ? "" : ` (default: ${option.shown ?? option.default ?? "none"})`;
}
