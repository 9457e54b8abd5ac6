/** Validates requests and answers against the document that the service serves. */
import type { ValidateFunction } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { send } from "./http.ts";

type Json = { [key: string]: unknown };

export class OpenApiDocument {
  readonly json: Json;
  readonly #ajv: Ajv2020;
  readonly #compiled = new Map<string, ValidateFunction>();

  private constructor(json: Json) {
    this.json = json;
    this.#ajv = new Ajv2020({ strict: false, allErrors: true });
    addFormats(this.#ajv);
    this.#ajv.addSchema(closed(json) as Json, "openapi");
  }

  static async fetch(): Promise<OpenApiDocument> {
    return new OpenApiDocument((await send("/openapi.json")).body);
  }

  /** The parts of an answer that the document does not describe; empty if there are none. */
  undocumented(operationId: string, status: number, type: string, body: unknown): string[] {
    const [path, method] = this.#find(operationId);
    const at = ["paths", path, method, "responses", `${status}`, "content", type, "schema"];
    if (this.#at(at) === undefined) return [`${operationId} does not describe ${status} ${type}`];
    return this.#validate(at, body);
  }

  /** What is wrong with a request's JSON body. */
  request(operationId: string, body: unknown): string[] {
    const [path, method] = this.#find(operationId);
    return this.#validate(["paths", path, method, "requestBody", "content", "application/json", "schema"], body);
  }

  /** What is wrong with an example of a request or an answer. */
  examples(): string[] {
    const faults: string[] = [];
    for (const [path, operations] of Object.entries(this.json.paths as Record<string, Json>)) {
      for (const [method, operation] of Object.entries(operations)) {
        const { requestBody, responses } = operation as { requestBody?: Json; responses: Json };
        const at = ["paths", path, method];
        if (requestBody) faults.push(...this.#exampleFaults([...at, "requestBody", "content"]));
        for (const status of Object.keys(responses)) {
          faults.push(...this.#exampleFaults([...at, "responses", status, "content"]));
        }
      }
    }
    return faults;
  }

  #exampleFaults(at: string[]): string[] {
    const contents = this.#at(at) as Record<string, Json>;
    return Object.entries(contents).flatMap(([type, { example, examples = {} }]) => {
      const refs = Object.values(examples as Record<string, { $ref: string }>);
      const values = refs.map(({ $ref }) => (this.#at($ref.split("/").slice(1)) as Json).value);
      const all = example === undefined ? values : [example, ...values];
      return all.flatMap((value) => this.#validate([...at, type, "schema"], value));
    });
  }

  #validate(at: string[], value: unknown): string[] {
    const pointer = at.map((key) => key.replaceAll("~", "~0").replaceAll("/", "~1")).join("/");
    const validate = this.#compiled.get(pointer) ?? this.#ajv.compile({ $ref: `openapi#/${encodeURI(pointer)}` });
    this.#compiled.set(pointer, validate);
    if (validate(value)) return [];
    return (validate.errors ?? []).map(
      ({ instancePath, message, params }) => `${pointer}: ${instancePath} ${message} ${JSON.stringify(params)}`,
    );
  }

  #find(operationId: string): [string, string] {
    for (const [path, operations] of Object.entries(this.json.paths as Record<string, Json>)) {
      for (const [method, operation] of Object.entries(operations)) {
        if ((operation as Json).operationId === operationId) return [path, method];
      }
    }
    throw new Error(`no operation ${operationId}`);
  }

  #at(path: readonly string[]): unknown {
    return path.reduce<unknown>((value, key) => (value as Json | undefined)?.[key], this.json);
  }
}

/** The document with every object of an answer closed, so that an undocumented field is a fault. */
function closed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(closed);
  if (typeof value !== "object" || value === null) return value;
  const object = Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, closed(inner)]));
  const isOpen = object.type === "object" && object.properties && object.additionalProperties === undefined;
  return isOpen ? { ...object, additionalProperties: false } : object;
}
