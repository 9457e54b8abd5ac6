import { parseArgs } from "node:util";
import { BenchError } from "./bench-error.ts";

export const USAGE = `usage: npm run bench [-- options]

Measures the built service under workerd, and other ways to keep the same budget beside it. Writes the results to
bench/results/latest.json and latest.svg.

  --quick       in less than a minute: shorter, fewer rounds
  --no-peers    without Redis and PostgreSQL, which are installed where they are missing
  --help        prints this`;

export interface Options {
  readonly quick: boolean;
  readonly peers: boolean;
}

/**
 * Reads the command line; undefined where it asks for help.
 *
 * @throws BenchError that says which option is wrong
 */
export function readOptions(args: readonly string[]): Options | undefined {
  const flag = { type: "boolean", default: false } as const;
  try {
    const options = { quick: flag, "no-peers": flag, help: flag };
    const { values } = parseArgs({ args: [...args], options });
    return values.help ? undefined : { quick: values.quick, peers: !values["no-peers"] };
  } catch (error) {
    throw new BenchError(`${(error as Error).message}\n\n${USAGE}`);
  }
}
