import type { Dice } from "../crash/dice.ts";
import { BATCHED, type BatchedName } from "./batch.ts";
import type { ApiDocument } from "./document.ts";
import { pick } from "./pick.ts";
import type { Hint, SchemaValues } from "./schema-values.ts";
import type { Subject } from "./subject.ts";

const MODELS = ["gpt-4o-mini", "gpt-4o-mini", "claude-sonnet-4-5", "house-model"] as const;
const ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Pacific/Apia"] as const;
const BOUND_FOR_SECONDS = 5000;

/** Where an operation of a batch has what is the body of its own call. */
const WRAPPED: Readonly<Record<string, string>> = { set_limits: "limits", configure: "config", patch_config: "patch" };

/** Makes bodies that calls take, about a subject. */
export class Bodies {
  readonly #document: ApiDocument;
  readonly #values: SchemaValues;

  constructor(document: ApiDocument, values: SchemaValues) {
    this.#document = document;
    this.#values = values;
  }

  make(dice: Dice, operationId: string, subject: Subject): unknown {
    const { body } = this.#document.operation(operationId);
    if (!body) return undefined;
    const hint = this.#hintOf(dice, subject);
    if (operationId !== "patchConfig") {
      const made = this.#values.make(dice, body.schema, hint) as Record<string, unknown>;
      return dice.percent(90) ? addUp(made) : made;
    }
    const config = this.#values.make(dice, this.#document.schema("BudgetConfig"), hint);
    return { ...(config as object), ...(dice.percent(30) && { timezone: null }) };
  }

  /** One operation of a batch. */
  operation(dice: Dice, subject: Subject): Record<string, unknown> {
    const op = pick(dice, Object.keys(BATCHED) as BatchedName[]);
    const { call, names } = BATCHED[op];
    const body = this.make(dice, call, subject);
    const field = WRAPPED[op];
    return {
      op,
      ...(names === "reservation" && { id: subject.reservation }),
      ...(names === "bucket" && { bucket: subject.bucket }),
      ...(field ? { [field]: body } : (body as object | undefined)),
    };
  }

  #hintOf(dice: Dice, subject: Subject): Hint {
    const hints: Readonly<Record<string, () => unknown>> = {
      user_id: () => subject.user,
      user: () => subject.user ?? "alice",
      labels: () => subject.labels,
      model: () => pick(dice, MODELS),
      provider: () => pick(dice, ["openai", "openai", "anthropic", "nobody"]),
      note: () => subject.note,
      idempotency_key: () => subject.key,
      timezone: () => pick(dice, ZONES),
      shadow_limits: () => [],
      scope: () =>
        pick(dice, ["check consume", ["read"], "check consume reserve read configure admin", "reserve read"]),
      ttl_seconds: () => dice.int(1, BOUND_FOR_SECONDS),
      operations: () => Array.from({ length: dice.int(1, 12) }, () => this.operation(dice, subject)),
    };
    return (field) => (Object.hasOwn(hints, field) ? hints[field]?.() : undefined);
  }
}

/** What is said to be the whole of others is raised to their sum, which no schema says. */
const WHOLES = {
  tokens: ["input_tokens", "output_tokens"],
  tokens_in: ["cache_read_input_tokens", "cache_write_input_tokens"],
  tokens_out: ["reasoning_output_tokens"],
} as const;

function addUp(body: Record<string, unknown>): Record<string, unknown> {
  const raised = Object.entries(WHOLES).flatMap(([whole, parts]) => {
    const sum = parts.reduce((total, part) => total + Number(body[part] ?? 0), 0);
    const isNeeded = sum > Number(body[whole] ?? 0) && (whole !== "tokens" || whole in body);
    return isNeeded ? [[whole, sum]] : [];
  });
  return { ...body, ...Object.fromEntries(raised) };
}
