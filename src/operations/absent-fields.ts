/** Null as an optional field of a request: many clients send it for what is absent. */
import type { z } from "zod";
import { isObject } from "../wire/index.ts";

/** The names of a schema's optional fields to which null means nothing of its own. */
const NAMES = new WeakMap<z.ZodObject, ReadonlySet<string>>();

/** Returns the request without such fields that are null. */
export function withoutAbsent(schema: unknown, request: unknown): unknown {
  if (!isObject(request) || !isObjectSchema(schema)) return request;
  if (!Object.values(request).includes(null)) return request;
  const names = namesIn(schema);
  return Object.fromEntries(Object.entries(request).filter(([name, value]) => value !== null || !names.has(name)));
}

function isObjectSchema(schema: unknown): schema is z.ZodObject {
  return isObject(schema) && isObject(schema.shape);
}

function namesIn(schema: z.ZodObject): ReadonlySet<string> {
  let names = NAMES.get(schema);
  if (!names) {
    const optional = Object.entries(schema.shape as Record<string, z.ZodType>).filter(
      ([, field]) => field.safeParse(undefined).success && !field.safeParse(null).success,
    );
    names = new Set(optional.map(([name]) => name));
    NAMES.set(schema, names);
  }
  return names;
}
