import type { Context } from "hono";
import type { z } from "zod";
import type { ProblemCode, TokenScope } from "../wire/index.ts";
import type { EdgeEnv } from "./edge-env.ts";

export type Method = "get" | "post" | "put" | "patch" | "delete";
export type RouteContext = Context<EdgeEnv>;

/** A header of a request or an answer, and what it says. */
export type Headers = Readonly<Record<string, string>>;

/** What a route takes as its body. */
export interface RouteBody {
  readonly schema: z.ZodType;
  readonly example: unknown;
  /** False where nothing is taken for `{}`. Default true. */
  readonly required?: boolean;
  /** Default `application/json`. */
  readonly types?: readonly string[];
  /** Default 64 KiB. */
  readonly maxBytes?: number;
}

/** What a route answers where all is well. */
export interface RouteAnswer {
  /** Default 200. */
  readonly status?: number;
  readonly description: string;
  /** A schema and an example of its JSON; absent where the answer is no JSON. */
  readonly schema?: z.ZodType;
  readonly example?: unknown;
  /** Default `application/json` alone. */
  readonly types?: readonly string[];
  readonly headers?: Headers;
}

/**
 * One route: the one place that says how it is called, who may call it and what it answers. The HTTP app and the
 * OpenAPI document are both made from it.
 */
export interface Route {
  readonly method: Method;
  /** As OpenAPI writes it: `/v1/tenants/{tenant}/consume`. */
  readonly path: string;
  /** What a token has to allow: `any` where its operations ask for what they need, null for what anyone may call. */
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
  /** What it can refuse for, beside what every route of its kind can. */
  readonly problems?: readonly ProblemCode[];
  readonly handle: (c: RouteContext) => Response | Promise<Response>;
}
