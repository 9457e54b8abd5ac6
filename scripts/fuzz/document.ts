import type { ValidateFunction } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";

export type Json = { readonly [key: string]: unknown };

/** A parameter of a path, a query or a header. */
export interface Parameter {
  readonly name: string;
  readonly in: "path" | "query" | "header";
  readonly schema: Json;
}

/** One operation, as the document tells of it. */
export interface Operation {
  readonly id: string;
  readonly method: string;
  /** With its parameters in braces. */
  readonly path: string;
  /** What a token has to allow; `any` where each of its parts asks for its own, null where anyone may call. */
  readonly scope: string | null;
  readonly parameters: readonly Parameter[];
  readonly body: { readonly types: readonly string[]; readonly schema: Json; readonly example: unknown } | undefined;
  readonly responses: OperationObject["responses"];
}

/** What a path leads to. */
export interface Place {
  /** The operations there, by method; none where there is no such route. */
  readonly operations: ReadonlyMap<string, Operation>;
  /** What the path has for its parameters, still percent-encoded. */
  readonly values: readonly string[];
}

interface OperationObject {
  readonly operationId: string;
  readonly security: readonly { readonly token: readonly string[] }[];
  readonly parameters: readonly Parameter[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { schema: Json; example: unknown }>> };
  readonly responses: Readonly<Record<string, { readonly content: Readonly<Record<string, unknown>> }>>;
}

/** The OpenAPI document that a service serves: what can be asked of it, and whether an answer is one it tells of. */
export class ApiDocument {
  readonly operations: readonly Operation[];
  readonly #json: Json;
  readonly #places: { readonly pattern: RegExp; readonly operations: Map<string, Operation> }[] = [];
  readonly #ajv = new Ajv2020({ strict: false, allErrors: true });
  readonly #compiled = new Map<string, ValidateFunction>();

  constructor(json: Json) {
    this.#json = json;
    addFormats.default(this.#ajv);
    this.#ajv.addSchema(closed(json) as Json, "openapi");
    const paths = Object.entries(json.paths as Record<string, Record<string, OperationObject>>);
    for (const [path, methods] of paths) {
      const operations = Object.entries(methods).map(([method, operation]) => readOperation(path, method, operation));
      const pattern = new RegExp(`^${path.replaceAll(".", "\\.").replaceAll(/\{\w+\}/g, "([^/]+)")}$`);
      this.#places.push({ pattern, operations: new Map(operations.map((each) => [each.method, each])) });
    }
    this.operations = this.#places.flatMap(({ operations }) => [...operations.values()]);
  }

  /** @throws Error where it is not served */
  static async fetch(url: string): Promise<ApiDocument> {
    const answer = await fetch(`${url}/openapi.json`);
    if (!answer.ok) throw new Error(`${url}/openapi.json answered ${answer.status}`);
    return new ApiDocument((await answer.json()) as Json);
  }

  /** Every problem's code. */
  get problemCodes(): string[] {
    return Object.keys((this.#json.components as { examples: Json }).examples);
  }

  operation(id: string): Operation {
    const found = this.operations.find((operation) => operation.id === id);
    if (!found) throw new Error(`the document has no operation ${id}`);
    return found;
  }

  /** A named schema. */
  schema(name: string): Json {
    return this.resolve({ $ref: `#/components/schemas/${name}` });
  }

  /** Follows a reference. */
  resolve(schema: Json): Json {
    const { $ref } = schema;
    if (typeof $ref !== "string") return schema;
    const target = $ref
      .split("/")
      .slice(1)
      .reduce<unknown>((value, key) => (value as Json)[key], this.#json);
    return this.resolve(target as Json);
  }

  /** Where a path leads. A segment that is fixed goes before a parameter. */
  placeOf(path: string): Place {
    const matches = this.#places.flatMap(({ pattern, operations }) => {
      const match = pattern.exec(path);
      return match ? [{ operations, values: match.slice(1) }] : [];
    });
    return matches.toSorted((a, b) => a.values.length - b.values.length)[0] ?? { operations: new Map(), values: [] };
  }

  /** What of an answer to an operation the document does not tell; empty where it tells all. */
  undocumented({ path, method, responses }: Operation, status: number, type: string, body: unknown): string[] {
    const content = responses[status]?.content;
    if (!content) return [`status ${status}`];
    if (!Object.hasOwn(content, type)) return [`type ${type || "none"} of status ${status}`];
    if (body === undefined) return [];
    return this.#validate(["paths", path, method.toLowerCase(), "responses", `${status}`, "content", type], body);
  }

  /** What is wrong with what should be of a named schema. */
  faults(name: string, value: unknown): string[] {
    return this.#validate(["components", "schemas", name], value, "");
  }

  #validate(at: readonly string[], value: unknown, under = "/schema"): string[] {
    const pointer = at.map((key) => key.replaceAll("~", "~0").replaceAll("/", "~1")).join("/") + under;
    const validate = this.#compiled.get(pointer) ?? this.#ajv.compile({ $ref: `openapi#/${encodeURI(pointer)}` });
    this.#compiled.set(pointer, validate);
    if (validate(value)) return [];
    return (validate.errors ?? []).map(
      ({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
    );
  }
}

function readOperation(path: string, method: string, operation: OperationObject): Operation {
  const { operationId: id, security, parameters, requestBody, responses } = operation;
  const contents = Object.entries(requestBody?.content ?? {});
  const [, content] = contents[0] ?? [];
  return {
    id,
    method: method.toUpperCase(),
    path,
    scope: security[0] ? (security[0].token[0] ?? "any") : null,
    parameters,
    body: content && { types: contents.map(([type]) => type), ...content },
    responses,
  };
}

/** The document with every object of an answer closed, so that a field that it does not tell is a fault. */
function closed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(closed);
  if (typeof value !== "object" || value === null) return value;
  const object: Json = Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, closed(inner)]));
  const isOpen = object.type === "object" && object.properties && object.additionalProperties === undefined;
  return isOpen ? { ...object, additionalProperties: false } : object;
}
