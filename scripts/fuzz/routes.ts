/** The operations of a service, read from its OpenAPI document. */

/** One operation of the service, as far as the fuzzer has to know it. */
export interface Operation {
  readonly id: string;
  readonly method: string;
  /** With its parameters in braces. */
  readonly path: string;
  /** The scope that a token needs; `any` if each part of the body needs its own, null if no token is needed. */
  readonly scope: string | null;
  /** The names of its query parameters. */
  readonly query: readonly string[];
  /** The media type of its body; undefined if it takes none. */
  readonly bodyType: string | undefined;
}

/** What a path leads to. */
export interface Place {
  /** The operations there, by method; none if there is no such route. */
  readonly operations: ReadonlyMap<string, Operation>;
  /** What the path has for its parameters, still percent-encoded. */
  readonly values: readonly string[];
}

/** The part of an OpenAPI document that is read here. */
export interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, OpenApiOperation>>>>;
}

interface OpenApiOperation {
  readonly operationId: string;
  readonly security: readonly { readonly token: readonly string[] }[];
  readonly parameters: readonly { readonly name: string; readonly in: string }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, unknown>> };
}

/** The routes of a service, read from the OpenAPI document that it serves, so that none is forgotten. */
export class Routes {
  readonly operations: readonly Operation[];
  readonly #places: readonly { readonly pattern: RegExp; readonly operations: ReadonlyMap<string, Operation> }[];

  constructor({ paths }: OpenApi) {
    this.#places = Object.entries(paths).map(([path, methods]) => {
      const operations = Object.entries(methods).map(([method, operation]) => readOperation(path, method, operation));
      const pattern = new RegExp(`^${path.replaceAll(".", "\\.").replaceAll(/\{\w+\}/g, "([^/]+)")}$`);
      return { pattern, operations: new Map(operations.map((each) => [each.method, each])) };
    });
    this.operations = this.#places.flatMap(({ operations }) => [...operations.values()]);
  }

  /** @throws Error if the document is not served */
  static async fetch(url: string): Promise<Routes> {
    const answer = await fetch(`${url}/openapi.json`).catch((cause: unknown) => {
      throw new Error(`${url} does not answer`, { cause });
    });
    if (!answer.ok) throw new Error(`${url}/openapi.json answered ${answer.status}`);
    return new Routes((await answer.json()) as OpenApi);
  }

  operation(id: string): Operation {
    const found = this.operations.find((operation) => operation.id === id);
    if (!found) throw new Error(`there is no operation ${id}`);
    return found;
  }

  /** The route that matches a path. A fixed segment takes precedence over a parameter. */
  placeOf(path: string): Place {
    const matches = this.#places.flatMap(({ pattern, operations }) => {
      const match = pattern.exec(path);
      return match ? [{ operations, values: match.slice(1) }] : [];
    });
    return matches.toSorted((a, b) => a.values.length - b.values.length)[0] ?? { operations: new Map(), values: [] };
  }
}

function readOperation(path: string, method: string, operation: OpenApiOperation): Operation {
  const { operationId: id, security, parameters, requestBody } = operation;
  return {
    ...{ id, method: method.toUpperCase(), path },
    scope: security[0] ? (security[0].token[0] ?? "any") : null,
    query: parameters.flatMap((parameter) => (parameter.in === "query" ? [parameter.name] : [])),
    bodyType: Object.keys(requestBody?.content ?? {})[0],
  };
}
