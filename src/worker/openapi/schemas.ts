/** The document's schemas, as the wire declares them. */
import { z } from "zod";
import type { JsonSchema } from "../../wire/index.ts";

const refTo = (id: string) => `#/components/schemas/${id}`;

/** Every schema that has an id, as a component of the document under that name. */
export function componentSchemas(): Record<string, JsonSchema> {
  const { schemas } = z.toJSONSchema(z.globalRegistry, {
    uri: refTo,
    // What a caller sends; of a response it says the same, and leaves room for fields to come.
    io: "input",
    // Those that check themselves in code declare their JSON Schema beside it.
    unrepresentable: "any",
  });
  return Object.fromEntries(Object.entries(schemas).map(([id, { $schema, $id, id: _, ...schema }]) => [id, schema]));
}

/** A reference to a schema that has an id. */
export function schemaRef(schema: z.ZodType): JsonSchema {
  const id = z.globalRegistry.get(schema)?.id;
  if (id === undefined) throw new Error("a route's schema has no id");
  return { $ref: refTo(id) };
}

/** The parameters that a query's fields make. */
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
