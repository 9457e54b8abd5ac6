/** The schemas of the OpenAPI document, made from those in src/wire. */
import { z } from "zod";
import type { JsonSchema } from "../../wire/index.ts";

const refTo = (id: string) => `#/components/schemas/${id}`;

/** Every schema that has an id, as a component of that name. */
export function componentSchemas(): Record<string, JsonSchema> {
  const { schemas } = z.toJSONSchema(z.globalRegistry, {
    uri: refTo,
    // For requests. Responses come out the same, but without forbidding fields that a later version may add.
    io: "input",
    // Custom schemas declare their JSON Schema in `meta`.
    unrepresentable: "any",
  });
  return Object.fromEntries(Object.entries(schemas).map(([id, { $schema, $id, id: _, ...schema }]) => [id, schema]));
}

export function schemaRef(schema: z.ZodType): JsonSchema {
  const id = z.globalRegistry.get(schema)?.id;
  if (id === undefined) throw new Error("a route's schema has no id");
  return { $ref: refTo(id) };
}

export function queryParameters(query: z.ZodObject): JsonSchema[] {
  const { properties = {}, required = [] } = z.toJSONSchema(query, { io: "input" });
  return Object.entries(properties).map(([name, schema]) => {
    const { description, ...rest } = schema as JsonSchema;
    return {
      name,
      in: "query",
      required: required.includes(name),
      ...(description ? { description } : {}),
      schema: rest,
    };
  });
}
