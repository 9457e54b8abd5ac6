import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { type BudgetConfig, configIssues } from "../../src/core/index.ts";
import { UserError } from "./user-error.ts";

export const USAGE = `usage: npm run replay -- FILE… [options]

Feeds usage logs (CSV with a header, or JSONL) through a budget: allows-step for each row, then consume unless blocked.

  --columns F=C,…    which column has which field: at, tokens_in, tokens_out, user_id, cost_usd, model, provider,
                     and labels.NAME; a field that is not named is read from the column of its own name
  --config FILE      the budget's configuration, as JSON (default: no limits)
  --price-in USD     per million input tokens, for rows without a cost
  --price-out USD    per million output tokens, for rows without a cost
  --url URL          asks the service there (default: a budget in this process, under the rows' own clock)
  --token TOKEN      with --url: what to call it with (default: EDGE_BUDGET_TOKEN of the environment)
  --tenant NAME      the tenant to ask it as (default: a new one)
  --clock            with --url: sends each row's time in x-clock, for a service started by npm run clocked
  --out FILE         writes every row's decision, as NDJSON: row, at, user_id, state, reason, limit
  --json             prints the result as JSON
  --help             prints this`;

/** What a log's columns can be mapped to; labels besides, as `labels.NAME`. */
export const FIELDS = ["at", "tokens_in", "tokens_out", "user_id", "cost_usd", "model", "provider"] as const;
export type Field = (typeof FIELDS)[number] | `labels.${string}`;

export interface ReplayOptions {
  readonly files: readonly string[];
  readonly columns: ReadonlyMap<Field, string>;
  readonly config: BudgetConfig | undefined;
  /** USD per million tokens; undefined where rows without a cost have none. */
  readonly prices: { readonly inUsd: number; readonly outUsd: number } | undefined;
  /** The service to ask; undefined for a budget in this process. */
  readonly service:
    | { readonly url: string; readonly tenant: string; readonly token: string | undefined; readonly sendClock: boolean }
    | undefined;
  readonly outFile: string | undefined;
  readonly json: boolean;
}

/**
 * Reads the command line; undefined where it asks for help.
 *
 * @throws UserError that says which option is wrong and what it takes
 */
export function readOptions(args: readonly string[]): ReplayOptions | undefined {
  const { values, positionals: files } = parse(args);
  if (values.help) return undefined;
  if (files.length === 0) throw new UserError(`no log to replay\n\n${USAGE}`);
  if (!values.url && (values.tenant || values.token || values.clock)) {
    throw new UserError("--tenant, --token and --clock go with --url");
  }
  const { url, tenant = `replay-${crypto.randomUUID()}`, clock: sendClock = false } = values;
  const { token = process.env.EDGE_BUDGET_TOKEN } = values;
  return {
    files,
    columns: readColumns(values.columns),
    config: values.config === undefined ? undefined : readConfig(values.config),
    prices: readPrices(values["price-in"], values["price-out"]),
    service: url === undefined ? undefined : { url: url.replace(/\/+$/, ""), tenant, token, sendClock },
    outFile: values.out,
    json: values.json ?? false,
  };
}

function parse(args: readonly string[]) {
  const text = { type: "string" } as const;
  const flag = { type: "boolean" } as const;
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        columns: text,
        config: text,
        "price-in": text,
        "price-out": text,
        url: text,
        tenant: text,
        token: text,
        clock: flag,
        out: text,
        json: flag,
        help: flag,
      },
    });
  } catch (error) {
    throw new UserError(`${(error as Error).message}\n\n${USAGE}`);
  }
}

function readColumns(text = ""): Map<Field, string> {
  const columns = new Map<Field, string>();
  for (const pair of text.split(",").filter((each) => each !== "")) {
    const [field = "", column = ""] = pair.split(/=(.*)/s);
    const isField = (FIELDS as readonly string[]).includes(field) || field.startsWith("labels.");
    if (!isField || column === "") {
      throw new UserError(
        `--columns takes FIELD=COLUMN,… with a field of ${FIELDS.join(", ")}, labels.NAME; not "${pair}"`,
      );
    }
    columns.set(field as Field, column);
  }
  return columns;
}

function readConfig(file: string): BudgetConfig {
  let config: Record<string, unknown>;
  try {
    config = JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw new UserError(`--config: ${file} cannot be read as JSON: ${(error as Error).message}`);
  }
  if (typeof config !== "object" || config === null || Array.isArray(config)) {
    throw new UserError(`--config: ${file} takes an object of limits and settings`);
  }
  const issues = configIssues(config);
  if (issues.length > 0) {
    throw new UserError(issues.map(({ key, detail }) => `--config: ${file}: ${key} ${detail}`).join("\n"));
  }
  return config as BudgetConfig;
}

function readPrices(priceIn: string | undefined, priceOut: string | undefined): ReplayOptions["prices"] {
  if (priceIn === undefined && priceOut === undefined) return undefined;
  const [inUsd = 0, outUsd = 0] = [priceIn, priceOut].map((text = "0") => {
    const usd = text.trim() === "" ? Number.NaN : Number(text);
    if (!(usd >= 0 && usd <= 1e6)) throw new UserError(`--price-in and --price-out take USD from 0, not "${text}"`);
    return usd;
  });
  return { inUsd, outUsd };
}
