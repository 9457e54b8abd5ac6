/** The OpenAPI document, made from the routes. */
import { type JsonSchema, PROBLEMS, type ProblemCode, ProblemDocument } from "../../wire/index.ts";
import { PROBLEM_PAGES } from "../problem-pages.ts";
import { type Headers, PATH_PARAMETERS, type Route } from "../route.ts";
import { componentSchemas, queryParameters, schemaRef } from "./schemas.ts";

const PROBLEM_TYPE = "application/problem+json";

const DESCRIPTION = `A budget service for LLM agents. Before a step an agent asks *may I take the next step?*; after it,
it reports *this is what I spent*. The decision is \`ok\`, \`warn\` or \`blocked\`.

Every call below \`/v1\` needs a token as \`Authorization: Bearer …\`. A token is for one tenant and allows the scopes
that it names. The operator's own token allows everything on all tenants. Ids in paths are percent-encoded. A refused
call gets a problem document (RFC 9457) with a stable \`code\`. New versions only add fields to responses, so clients
should ignore fields they do not know. In a request, an optional field of null is absent.`;

const TAGS: Readonly<Record<string, string>> = {
  Steps: "Check a step before it is taken, and record its usage after it.",
  Reservations: "Reserve budget for a call before it is made, and settle it afterwards.",
  Batch: "Run many operations in one call.",
  Tenant: "The tenant's own bucket.",
  Users: "The buckets of users, and of the anonymous user.",
  Buckets: "Any other bucket: of a label's value, or of a joined scope.",
  Configuration: "Limits and settings.",
  Ledger: "The record of everything that changed, and its audit.",
  Tokens: "Create and revoke tokens.",
  Privacy: "Export and erase stored data.",
  Service: "The service itself.",
};

/** The problems of all routes. */
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
  "X-Request-Id": "The request's own id, or a generated one.",
};
const PROBLEM_HEADERS: Readonly<Partial<Record<number, Headers>>> = {
  401: { "WWW-Authenticate": "`Bearer`, with an error code if the request had a token (RFC 6750)." },
  429: { "Retry-After": "Seconds after which to retry." },
  503: { "Retry-After": "Seconds after which to retry." },
};

export function problemsOf({ path, body, query, headers = {}, problems = [] }: Route): ProblemCode[] {
  const isOfTenant = path.startsWith("/v1/");
  const codes = [
    ...(isOfTenant ? OF_A_TENANT : path.includes("{") ? (["invalid_path"] as const) : []),
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
    servers: [{ url: "/", description: "The server of this document." }],
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
          description: "A token created by `POST …/tokens` or by an identity provider, or the operator's own token.",
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

/** One response for each status, with the codes that have that status. */
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
