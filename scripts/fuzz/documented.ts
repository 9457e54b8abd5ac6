import { BATCHED, NDJSON, namesIn, resultsOf } from "./batch.ts";
import type { ApiDocument, Json, Place } from "./document.ts";
import type { FuzzAnswer, FuzzRequest } from "./exchange.ts";

const PROBLEM = "application/problem+json";
const JSON_TYPE = "application/json";

/** An answer's body, read as its type says: JSON, lines of it as a list, or text. */
export function readAnswer({ headers, text }: FuzzAnswer): unknown {
  const type = typeOf(headers["content-type"]);
  if (type === NDJSON) return text.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line) as unknown]));
  return type.endsWith("json") ? (JSON.parse(text) as unknown) : text;
}

export function typeOf(contentType: string | undefined): string {
  return contentType?.split(";")[0]?.trim().toLowerCase() ?? "";
}

/**
 * What of an answer the service's document does not tell, or is not as HTTP has it: a line for each.
 *
 * @param places where the request's path may lead; one of them has to explain the answer
 */
export function undocumented(
  document: ApiDocument,
  request: FuzzRequest,
  places: readonly Place[],
  answer: FuzzAnswer,
): string[] {
  const faults = places.map((place) => faultsAt(document, request, place, answer));
  return faults.find((each) => each.length === 0) ?? faults[0] ?? [];
}

/** A host and an optional port (RFC 9110, section 7.2). Whatever else is asked for, no other is served. */
const HOST = /^(?:[\w.-]+|\[[\da-f:.]+\])(?::\d{1,5})?$/i;

function faultsAt(document: ApiDocument, request: FuzzRequest, place: Place, answer: FuzzAnswer): string[] {
  const { method } = request;
  const operation = place.operations.get(method) ?? (method === "HEAD" ? place.operations.get("GET") : undefined);
  const { status, headers, text } = answer;
  const faults = headerFaults(request, answer);
  if (!HOST.test(request.headers.host ?? "127.0.0.1")) {
    return [...faults, ...expect(status === 400, `an invalid host is answered ${status}`)];
  }
  if (method === "OPTIONS" && request.headers.origin !== undefined) {
    return [...faults, ...expect(status === 204 && text === "", "a preflight is not answered with 204 and nothing")];
  }
  const type = typeOf(headers["content-type"]);
  let body: unknown;
  try {
    if (method !== "HEAD") body = readAnswer(answer);
  } catch {
    return [...faults, `what is said to be ${type} is not`];
  }
  if (type === PROBLEM && method !== "HEAD") faults.push(...problemFaults(document, body, answer));
  if (!operation) return [...faults, ...routeFaults(request, place, answer)];
  const described = `${operation.id} does not tell: `;
  faults.push(
    ...document
      .undocumented(operation, status, type, body === undefined ? body : itemsOf(body, type))
      .map((fault) => described + fault),
  );
  if (operation.id === "batch" && status === 200) faults.push(...batchFaults(document, request, body));
  return faults;
}

/** A document tells a stream of lines line by line; of an export as a text. */
function itemsOf(body: unknown, type: string): unknown {
  return type === NDJSON ? undefined : body;
}

/** What has no operation gets 404 or 405, or 400 where its path is none. */
function routeFaults({ path, method }: FuzzRequest, { operations }: Place, { status, headers }: FuzzAnswer): string[] {
  const type = typeOf(headers["content-type"]);
  if (status === 400 && !isUtf8(path)) return expect(type === PROBLEM, "400 is no problem document");
  if (operations.size === 0) {
    return expect(status === 404 && type === PROBLEM, `an unknown route is answered ${status} ${type}`);
  }
  const allow = headers.allow?.split(", ") ?? [];
  return [
    ...expect(status === 405 && type === PROBLEM, `the wrong method ${method} is answered ${status} ${type}`),
    ...expect(
      [...operations.keys()].every((each) => allow.includes(each)),
      `allow does not list every method: ${allow}`,
    ),
  ];
}

function problemFaults(document: ApiDocument, body: unknown, { status, headers }: FuzzAnswer): string[] {
  const faults = document.faults("Problem", body).map((fault) => `a problem document: ${fault}`);
  const problem = body as {
    status?: unknown;
    request_id?: unknown;
    retryable?: unknown;
    type?: unknown;
    code?: unknown;
  };
  return [
    ...faults,
    ...expect(problem.status === status, "a problem's status is not the answer's"),
    ...expect(problem.request_id === headers["x-request-id"], "a problem's request_id is not the answer's"),
    ...expect(
      `${problem.type}`.endsWith(`/problems/${problem.code}`) || problem.type === "about:blank",
      "a problem's type is not its code's",
    ),
    ...expect(
      problem.retryable === (headers["retry-after"] !== undefined),
      "a problem is retryable without a Retry-After, or the other way round",
    ),
    ...expect((status === 401) === (headers["www-authenticate"] !== undefined), "401 goes with WWW-Authenticate"),
  ];
}

function headerFaults({ method, headers: asked }: FuzzRequest, { headers, text }: FuzzAnswer): string[] {
  const id = asked["x-request-id"];
  const isTaken = id === undefined || !/^[\w.:/+=@-]{1,128}$/.test(id) || headers["x-request-id"] === id;
  return [
    ...expect(headers["x-request-id"] !== undefined && isTaken, "x-request-id is missing, or not the request's"),
    ...expect(headers["cache-control"] === "no-store", "cache-control is not no-store"),
    ...expect(method !== "HEAD" || text === "", "HEAD has a body"),
  ];
}

function batchFaults(document: ApiDocument, request: FuzzRequest, answer: unknown): string[] {
  const names = namesIn(request);
  return (resultsOf(answer) ?? []).flatMap((result, index) => {
    const { status, body, ...others } = result;
    const op = names[index];
    const shape = expect(
      Object.keys(others).length === 0 && Number.isInteger(status),
      "a batch's result has other fields",
    );
    if (status >= 300) {
      const faults = document.faults("Problem", body).map((fault) => `a problem document of a batch: ${fault}`);
      return [
        ...shape,
        ...faults,
        ...expect((body as Json | null)?.status === status, "a problem of a batch has another status"),
      ];
    }
    // Of a configuration a batch tells the version too.
    if (op === undefined || op === "configure" || op === "patch_config") return shape;
    const faults = document.undocumented(document.operation(BATCHED[op].call), status, JSON_TYPE, body);
    return [...shape, ...faults.map((fault) => `${op} of a batch does not tell: ${fault}`)];
  });
}

function isUtf8(path: string): boolean {
  try {
    decodeURIComponent(path.split("?")[0] ?? "");
    return true;
  } catch {
    return false;
  }
}

function expect(holds: boolean, fault: string): string[] {
  return holds ? [] : [fault];
}
