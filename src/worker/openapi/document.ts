import { type JsonSchema, PROBLEMS, type ProblemCode, ProblemDocument } from "../../wire/index.ts";
import { PROBLEM_PAGES } from "../problem-pages.ts";
import type { Headers, Route } from "../route.ts";
import { PATH_PARAMETERS } from "../routes/paths.ts";
import { componentSchemas, queryParameters, schemaRef } from "./schemas.ts";

const PROBLEM_TYPE = "application/problem+json";

const DESCRIPTION = `A budget for LLM agents. Before a step an agent asks *may I take the next step?*; after it, it reports
*this is what I spent*. The answer is \`ok\`, \`warn\` or \`blocked\`.

Every call below \`/v1\` carries a token as \`Authorization: Bearer …\`, which allows the scopes that it names, on one
tenant; the operator's own allows everything on all. Ids in paths are percent-encoded. What is refused gets a problem
document (RFC 9457) with a stable \`code\`. Answers change only by adding: a client ignores fields it does not know.`;

const TAGS: Readonly<Record<string, string>> = {
  Steps: "What an agent calls at each step.",
  Reservations: "Holds on parts of the budget, for calls about to be made.",
  Batch: "Many operations in one call.",
  Tenant: "The tenant as a whole.",
  Users: "One user, or the anonymous one.",
  Buckets: "Any bucket: a label's value, or a pair of those.",
  Configuration: "Limits and settings.",
  Ledger: "What happened.",
  Tokens: "Who may call.",
  Privacy: "What is kept of people and of a tenant.",
  Service: "The service itself.",
};

/** What any route can refuse for. */
const OF_ANY: readonly ProblemCode[] = ["invalid_host", "internal"];
const OF_A_TENANT: readonly ProblemCode[] = [
  "invalid_path",
  "unauthenticated",
  "token_expired",
  "token_revoked",
  "forbidden",
  "rate_limited",
  "not_configured",
  "invalid_config",
  "overloaded",
  "unavailable",
];
const OF_A_BODY: readonly ProblemCode[] = [
  "invalid_json",
  "json_too_deep",
  "invalid_input",
  "body_too_large",
  "unsupported_media_type",
];

const OF_A_KEY: readonly ProblemCode[] = ["invalid_input", "idempotency_mismatch"];

const ANSWER_HEADERS: Headers = {
  "X-Request-Id": "The request's own, or one made for it.",
};
const PROBLEM_HEADERS: Readonly<Partial<Record<number, Headers>>> = {
  401: { "WWW-Authenticate": "What is wrong with the token (RFC 6750)." },
  429: { "Retry-After": "Seconds after which to call again." },
  503: { "Retry-After": "Seconds after which to call again." },
};

/** The problems that a route can answer with. */
export function problemsOf({ path, body, query, headers = {}, problems = [] }: Route): ProblemCode[] {
  const isTenants = path.startsWith("/v1/");
  const codes = [
    ...(isTenants ? OF_A_TENANT : path.includes("{") ? (["invalid_path"] as const) : []),
    ...(body ? OF_A_BODY : query ? (["invalid_input"] as const) : []),
    ...("Idempotency-Key" in headers ? OF_A_KEY : []),
    ...problems,
    ...OF_ANY,
  ];
  return [...new Set(codes)].sort((a, b) => PROBLEMS[a].status - PROBLEMS[b].status);
}

/** The service's OpenAPI 3.1 document. */
export function openApiDocument(routes: readonly Route[]): JsonSchema {
  const paths: Record<string, Record<string, JsonSchema>> = {};
  for (const route of routes) paths[route.path] = { ...paths[route.path], [route.method]: operation(route) };
  return {
    openapi: "3.1.0",
    info: {
      title: "edge-budget",
      version: "1.0.0",
      description: DESCRIPTION,
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: "/", description: "Where this document comes from." }],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    security: [{ token: [] }],
    paths,
    components: {
      schemas: componentSchemas(),
      examples: Object.fromEntries(
        (Object.keys(PROBLEMS) as ProblemCode[]).map((code) => [code, { value: problemExample(code) }]),
      ),
      securitySchemes: {
        token: {
          type: "http",
          scheme: "bearer",
          bearerFormat: "JWT",
          description: "A token, made by `POST …/tokens`, by an identity provider, or the operator's own.",
        },
      },
    },
  };
}

function operation(route: Route): JsonSchema {
  const { operationId, tag, summary, description, scope, body } = route;
  const needs = scope === "any" ? "Each operation needs its own scope." : scope && `Needs the scope \`${scope}\`.`;
  return {
    operationId,
    tags: [tag],
    summary,
    description: [description, needs].filter(Boolean).join("\n\n") || summary,
    security: scope === null ? [] : [{ token: scope === "any" ? [] : [scope] }],
    parameters: [
      ...pathParameters(route),
      ...headerParameters(route),
      ...(route.query ? queryParameters(route.query) : []),
    ],
    ...(body && {
      requestBody: {
        required: body.required ?? true,
        content: contentOf(body.types ?? ["application/json"], schemaRef(body.schema), body.example),
      },
    }),
    responses: { ...answerOf(route), ...refusalsOf(route) },
  };
}

function pathParameters({ path }: Route): JsonSchema[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => ({
    name,
    in: "path",
    required: true,
    description: PATH_PARAMETERS[name],
    schema: { type: "string", minLength: 1 },
  }));
}

function headerParameters({ headers = {} }: Route): JsonSchema[] {
  return Object.entries(headers).map(([name, description]) => ({
    name,
    in: "header",
    required: false,
    description,
    schema: { type: "string" },
  }));
}

function answerOf({ answer }: Route): JsonSchema {
  const { status = 200, description, schema, example, types = ["application/json"], headers } = answer;
  const content = Object.fromEntries(
    types.map((type) => {
      if (type !== "application/json") return [type, { schema: { type: "string" } }];
      return [type, schema ? { schema: schemaRef(schema), example } : { schema: { type: "object" } }];
    }),
  );
  return { [status]: { description, headers: headersOf({ ...ANSWER_HEADERS, ...headers }), content } };
}

/** One answer a status, its `code` one of those that have that status. */
function refusalsOf(route: Route): JsonSchema {
  const byStatus = Map.groupBy(problemsOf(route), (code) => PROBLEMS[code].status);
  return Object.fromEntries(
    [...byStatus].map(([status, codes]) => [
      status,
      {
        description: codes.map((code) => PROBLEMS[code].title).join(" · "),
        headers: headersOf({ ...ANSWER_HEADERS, ...PROBLEM_HEADERS[status] }),
        content: {
          [PROBLEM_TYPE]: {
            schema: { allOf: [schemaRef(ProblemDocument), { properties: { code: { enum: codes } } }] },
            examples: Object.fromEntries(codes.map((code) => [code, { $ref: `#/components/examples/${code}` }])),
          },
        },
      },
    ]),
  );
}

function contentOf(types: readonly string[], schema: JsonSchema, example: unknown): JsonSchema {
  return Object.fromEntries(types.map((type) => [type, { schema, example }]));
}

function headersOf(headers: Headers): JsonSchema {
  return Object.fromEntries(
    Object.entries(headers).map(([name, description]) => [name, { description, schema: { type: "string" } }]),
  );
}

function problemExample(code: ProblemCode): JsonSchema {
  const { status, title } = PROBLEMS[code];
  const { example, retryAfterSeconds } = PROBLEM_PAGES[code];
  return {
    type: `https://budget.example/problems/${code}`,
    title,
    status,
    code,
    ...example,
    retryable: retryAfterSeconds !== undefined,
    request_id: "6f2b8a1e-0c8e-4a57-9d35-0d7f3f4a2b10",
  };
}
