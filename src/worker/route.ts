/** Routes: how each is called, who may call it and what it returns. The app and the OpenAPI document follow from them. */
import type { Context } from "hono";
import type { z } from "zod";
import type { BudgetStatus } from "../core/index.ts";
import { OPERATIONS, type OperationName, type OperationSpec } from "../operations/index.ts";
import type { ProblemCode, TokenScope } from "../wire/index.ts";
import type { Grant } from "./access/grant.ts";
import type { SigningKey } from "./access/signing-keys.ts";
import type { TenantOperations } from "./tenant-operations.ts";

/** What a route's handler has at hand. */
export interface WorkerEnv {
  Bindings: Cloudflare.Env;
  Variables: {
    requestId: string;
    /** The route that takes the request; undefined if there is none. */
    route?: Route;
    /** The state of the decision, and the code of the problem, that is returned: for the log. */
    decision?: BudgetStatus["state"];
    code?: ProblemCode;
    /** Below a tenant, once the caller is known: its id, and the operations on it, as the caller may use them. */
    tenantId: string;
    tenant: TenantOperations;
    /** What the caller's token allows; undefined for the operator. */
    grant?: Grant | undefined;
    /** What new tokens are signed with. */
    signingKey: SigningKey;
  };
}

export type RouteContext = Context<WorkerEnv>;

/** A header of a request or a response, and what it says. */
export type Headers = Readonly<Record<string, string>>;

/** What a route takes as its body. */
export interface RouteBody {
  readonly schema: z.ZodType;
  readonly example: unknown;
  /** False if no body is taken for `{}`. Default true. */
  readonly required?: boolean;
  /** Default `application/json`. */
  readonly types?: readonly string[];
  /** Default 64 KiB. */
  readonly maxBytes?: number;
}

/** What a route returns if all is well. */
export interface RouteAnswer {
  /** Default 200. */
  readonly status?: number;
  readonly description: string;
  /** A schema and an example of its JSON; absent if it returns no JSON. */
  readonly schema?: z.ZodType;
  readonly example?: unknown;
  /** Default `application/json` alone. */
  readonly types?: readonly string[];
  readonly headers?: Headers;
}

export interface Route {
  readonly method: "get" | "post" | "put" | "patch" | "delete";
  /** As OpenAPI writes it: `/v1/tenants/{tenant}/consume`. */
  readonly path: string;
  /** What a token has to allow: `any` if its operations ask for what they need, null if anyone may call. */
  readonly scope: TokenScope | "any" | null;
  /** Its name in the document and in clients made from it. */
  readonly operationId: string;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  readonly query?: z.ZodObject;
  readonly headers?: Headers;
  readonly body?: RouteBody;
  readonly answer: RouteAnswer;
  /** What it can be refused for, beside what every route of its kind can. */
  readonly problems?: readonly ProblemCode[];
  readonly handle: (c: RouteContext) => Response | Promise<Response>;
}

/** The route of an operation, without what the operation's declaration says: scope, summary and schemas. */
interface OperationRoute
  extends Omit<Route, "scope" | "summary" | "query" | "body" | "answer">,
    Partial<Pick<Route, "summary">> {
  /** Null if the route takes no query though its operation does. */
  readonly query?: z.ZodObject | null;
  readonly body?: Omit<RouteBody, "schema">;
  readonly answer: RouteAnswer;
}

/** The fields of an input that a route takes as its body. */
const BODIES = ["request", "limits", "config", "patch"];

/** Makes the route of an operation. */
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
