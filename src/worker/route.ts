/** What a route declares. The app and the OpenAPI document follow from it. */
import type { Context } from "hono";
import type { z } from "zod";
import type { BudgetStatus } from "../core/index.ts";
import { OPERATIONS, type OperationName, type OperationSpec } from "../operations/index.ts";
import type { ProblemCode, TokenScope } from "../wire/index.ts";
import type { Grant } from "./access/grant.ts";
import type { SigningKey } from "./access/signing-keys.ts";
import type { TenantOperations } from "./tenant-operations.ts";

/** The path of everything that belongs to a tenant. */
export const TENANT_PATH = "/v1/tenants/{tenant}";

/** The descriptions of the parameters in paths. */
export const PATH_PARAMETERS: Readonly<Record<string, string>> = {
  tenant: "The tenant's id: 1 to 256 bytes of UTF-8, percent-encoded.",
  id: "The user's id or the label's value; for a joined scope, a JSON array with one for each of its parts.",
  jti: "The token's `jti`.",
  reservation: "The reservation's id.",
  scope: "A label's name, or two to four of `user` and labels joined by `_and_`.",
  file: "The file's name, as referenced by the page at `/docs`.",
  code: "The problem's `code`.",
};

/** The bindings and variables of a request. */
export interface WorkerEnv {
  Bindings: Cloudflare.Env;
  Variables: {
    requestId: string;
    route?: Route;
    /** For the log: the state of the decision, and the code of the problem, that the response has. */
    decision?: BudgetStatus["state"];
    code?: ProblemCode;
    /** On a tenant's routes, once the caller is authenticated. */
    tenantId: string;
    /** The operations on the tenant, with the caller's permissions. */
    tenant: TenantOperations;
    /** The grant of the caller's token; undefined for the operator. */
    grant?: Grant | undefined;
    /** The key that signs new tokens. */
    signingKey: SigningKey;
  };
}

export type RouteContext = Context<WorkerEnv>;

/** Descriptions of headers, by name. */
export type Headers = Readonly<Record<string, string>>;

/** The body of a route's requests. */
export interface RouteBody {
  readonly schema: z.ZodType;
  readonly example: unknown;
  /** False if an empty body means `{}`. Default true. */
  readonly required?: boolean;
  /** Default `application/json`. */
  readonly types?: readonly string[];
  /** Default 64 KiB. */
  readonly maxBytes?: number;
}

/** A route's successful response. */
export interface RouteAnswer {
  /** Default 200. */
  readonly status?: number;
  readonly description: string;
  /** Absent if it returns no JSON. */
  readonly schema?: z.ZodType;
  readonly example?: unknown;
  /** Default `application/json`. */
  readonly types?: readonly string[];
  readonly headers?: Headers;
}

export interface Route {
  readonly method: "get" | "post" | "put" | "patch" | "delete";
  /** In OpenAPI's form: `/v1/tenants/{tenant}/consume`. */
  readonly path: string;
  /** The scope that a token needs: `any` if each operation of a batch needs its own; null if no token is needed. */
  readonly scope: TokenScope | "any" | null;
  readonly operationId: string;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  readonly query?: z.ZodObject;
  readonly headers?: Headers;
  readonly body?: RouteBody;
  readonly answer: RouteAnswer;
  /** Its problems, beside those of every route of its kind. */
  readonly problems?: readonly ProblemCode[];
  readonly handle: (c: RouteContext) => Response | Promise<Response>;
}

/** The route of an operation, without the fields that follow from the operation's declaration. */
interface OperationRoute
  extends Omit<Route, "scope" | "summary" | "query" | "body" | "answer">,
    Partial<Pick<Route, "summary">> {
  /** Null if the route takes no query, unlike its operation. */
  readonly query?: z.ZodObject | null;
  readonly body?: Omit<RouteBody, "schema">;
  readonly answer: RouteAnswer;
}

/** The fields of an operation's input that can be a route's body. */
const BODIES = ["request", "limits", "config", "patch"];

export function routeOf(op: OperationName, { body, query, answer, ...route }: OperationRoute): Route {
  const { scope, summary, input, output }: OperationSpec = OPERATIONS[op];
  const shape: Readonly<Record<string, z.ZodType>> = input.shape;
  const schema = BODIES.map((name) => shape[name]).find((each) => each !== undefined);
  const takesQuery = query === undefined ? (shape.query as z.ZodObject | undefined) : query;
  return {
    scope,
    summary,
    ...route,
    ...(takesQuery && { query: takesQuery }),
    ...(body && schema && { body: { ...body, schema } }),
    answer: answer.types ? answer : { schema: output, ...answer },
  };
}
