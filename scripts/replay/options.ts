/** Reads and validates the command line of a replay. */
import { readFileSync } from "node:fs";
import { type BudgetConfig, configIssues, REPORTED_PARTS, type ReportedField } from "../../src/core/index.ts";
import { type Command, readArguments, stop } from "../arguments.ts";
import { UserError } from "./user-error.ts";

/** The amounts that a log can leave out: parts of `tokens_in` and `tokens_out`. */
export const OPTIONAL_TOKENS = REPORTED_PARTS.filter(({ of }) => of !== null).map(({ field }) => field);

/** The fields that a log's columns can be mapped to, besides `labels.NAME`. */
const FIELDS = ["at", ...REPORTED_PARTS.map(({ field }) => field), "user_id", "model", "provider"] as const;
export type Field = "at" | ReportedField | "user_id" | "model" | "provider" | `labels.${string}`;

export interface ReplayOptions {
  readonly files: readonly string[];
  readonly columns: ReadonlyMap<Field, string>;
  readonly config: BudgetConfig | undefined;
  /** USD per million tokens; undefined if rows without a cost stay without one. */
  readonly prices: { readonly inUsd: number; readonly outUsd: number } | undefined;
  /** The service to ask; undefined for a budget in this process. */
  readonly service:
    | { readonly url: string; readonly tenant: string; readonly token: string | undefined; readonly sendClock: boolean }
    | undefined;
  readonly outFile: string | undefined;
  readonly json: boolean;
}

const COMMAND = {
  usage: "npm run replay -- FILE… [options]",
  does: "Replays usage logs through a budget: allows-step for each row, then consume unless blocked.",
  operands: {
    ...{ name: "FILE…", sentence: "CSV with a header, or JSON lines if the name ends in .jsonl or .ndjson" },
    ...{ min: 1, max: Number.POSITIVE_INFINITY },
  },
  options: {
    columns: {
      ...{ type: "text", value: "F=C,…", shown: "each field's own name" },
      sentence: `the column of each field: ${FIELDS.join(", ")}, labels.NAME`,
    },
    config: { type: "text", value: "FILE", sentence: "the budget's configuration, as JSON", shown: "no limits" },
    "price-in": { type: "text", value: "USD", sentence: "price of a million input tokens, for rows without a cost" },
    "price-out": { type: "text", value: "USD", sentence: "price of a million output tokens, for rows without a cost" },
    url: { type: "url", sentence: "the service to ask", shown: "a budget in this process, under the rows' own clock" },
    token: {
      ...{ type: "text", value: "TOKEN", sentence: "with --url: the token to call it with" },
      shown: "EDGE_BUDGET_TOKEN of the environment",
    },
    tenant: { type: "text", value: "NAME", sentence: "with --url: the tenant to charge", shown: "a new one" },
    clock: { type: "flag", sentence: "with --url: send each row's time in x-clock, as npm run clocked expects" },
    out: { type: "text", value: "FILE", sentence: "where to write each row's decision, as JSON lines" },
    json: { type: "flag", sentence: "print the result as JSON" },
  },
} as const satisfies Command;

/**
 * Reads the command line.
 *
 * @throws UserError that says which option is wrong and what it takes
 */
export function readOptions(): ReplayOptions {
  const { values, operands: files } = readArguments(COMMAND);
  const { url, clock: sendClock, tenant, token } = values;
  if (url === undefined && (tenant !== undefined || token !== undefined || sendClock)) {
    stop(COMMAND, "--tenant, --token and --clock need --url");
  }
  return {
    files,
    columns: readColumns(values.columns),
    config: values.config === undefined ? undefined : readConfig(values.config),
    prices: readPrices(values["price-in"], values["price-out"]),
    service:
      url === undefined
        ? undefined
        : {
            url,
            tenant: tenant ?? `replay-${crypto.randomUUID()}`,
            token: token ?? process.env.EDGE_BUDGET_TOKEN,
            sendClock,
          },
    outFile: values.out,
    json: values.json,
  };
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
