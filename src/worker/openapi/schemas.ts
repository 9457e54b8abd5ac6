import { z } from "zod";
import type { JsonSchema } from "../../wire/config-json-schema.ts";
import { DOCUMENTED } from "../../wire/documented.ts";

const refTo = (id: string) => `#/components/schemas/${id}`;

/** Every named schema, as components of the document. */
export function componentSchemas(): Record<string, JsonSchema> {
  const { schemas } = z.toJSONSchema(DOCUMENTED as unknown as z.core.$ZodRegistry<{ id?: string }>, {
    metadata: DOCUMENTED,
    uri: refTo,
    // What a caller sends; of an answer it says the same, and leaves room for fields to come.
    io: "input",
    // Those that check themselves in code say their shape in the registry.
    unrepresentable: "any",
  });
  return Object.fromEntries(Object.entries(schemas).map(([id, { $schema, $id, ...schema }]) => [id, schema]));
}

/** Points to a named schema. */
export function schemaRef(schema: z.ZodType): JsonSchema {
  const id = DOCUMENTED.get(schema)?.id;
  if (id === undefined) throw new Error("a route's schema has no name in wire/documented.ts");
  return { $ref: refTo(id) };
}

/** The parameters that a query's fields make. */
export function queryParameters(query: z.ZodObject): JsonSchema[] {
  const { properties = {}, required = [] } = z.toJSONSchema(query, { metadata: DOCUMENTED, io: "input" });
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
