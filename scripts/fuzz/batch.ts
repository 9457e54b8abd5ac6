/** The operations that can be sent together, and their results. */
import type { FuzzRequest } from "./exchange.ts";

export const NDJSON = "application/x-ndjson";

/** The operations of a batch by name: the call that each corresponds to, and the field that names its subject. */
export const BATCHED = {
  allows_step: { call: "allowsStep", names: "nothing" },
  consume: { call: "consume", names: "nothing" },
  quote: { call: "quote", names: "nothing" },
  reserve: { call: "reserve", names: "nothing" },
  commit: { call: "commit", names: "reservation" },
  release: { call: "release", names: "reservation" },
  extend: { call: "extend", names: "reservation" },
  usage: { call: "getBucketUsage", names: "bucket" },
  adjust: { call: "adjustBucket", names: "bucket" },
  reset: { call: "resetBucket", names: "bucket" },
  freeze: { call: "freezeBucket", names: "bucket" },
  unfreeze: { call: "unfreezeBucket", names: "bucket" },
  clear_limits: { call: "clearBucketLimits", names: "bucket" },
  set_limits: { call: "setBucketLimits", names: "bucket" },
  configure: { call: "putConfig", names: "nothing" },
  patch_config: { call: "patchConfig", names: "nothing" },
} as const;
export type BatchedName = keyof typeof BATCHED;

/** The answer to one operation of a batch. */
export interface BatchResult {
  readonly status: number;
  readonly body: unknown;
}

/** The results in a batch's answer, one document or lines; undefined if there are none. */
export function resultsOf(answer: unknown): readonly BatchResult[] | undefined {
  const results = Array.isArray(answer) ? answer : (answer as { results?: unknown } | null | undefined)?.results;
  return Array.isArray(results) ? results : undefined;
}

/** The names of a batch's operations, in order; undefined for what is not an operation. */
export function namesIn({ body, headers }: FuzzRequest): (BatchedName | undefined)[] {
  const text = Buffer.from(body ?? "").toString();
  if (headers["content-type"] === NDJSON) {
    const lines = text.split("\n").filter((line) => line.trim() !== "");
    return lines.map((line) => nameOf(readJson(line)));
  }
  const operations = (readJson(text) as { operations?: unknown } | null | undefined)?.operations;
  return Array.isArray(operations) ? operations.map(nameOf) : [];
}

function nameOf(operation: unknown): BatchedName | undefined {
  const op = (operation as { op?: unknown } | null | undefined)?.op;
  return typeof op === "string" && Object.hasOwn(BATCHED, op) ? (op as BatchedName) : undefined;
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
