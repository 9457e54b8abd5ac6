/** The descriptions in the OpenAPI document: each field has the one that is declared on it. */
import { beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { ProblemDocument } from "../../src/wire/index.ts";
import { ROUTES } from "../../src/worker/routes/index.ts";
import { send } from "./http.ts";

interface Described {
  readonly $ref?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Described>>;
  readonly items?: Described;
  readonly anyOf?: readonly Described[];
}

let schemas: Readonly<Record<string, Described>>;
beforeAll(async () => {
  schemas = (await send("/openapi.json")).body.components.schemas;
});

/** Every named schema of a request or a response, by its name in the document: those of routes, and those in them. */
const NAMED = new Map<string, z.ZodType>();
for (const { body, answer } of ROUTES) for (const schema of [body?.schema, answer.schema]) if (schema) collect(schema);
collect(ProblemDocument);

function collect(schema: z.ZodType): void {
  const id = nameOf(schema);
  if (id !== undefined && NAMED.has(id)) return;
  if (id !== undefined) NAMED.set(id, schema);
  for (const part of partsOf(schema)) collect(part);
}

function nameOf(schema: z.ZodType): string | undefined {
  return z.globalRegistry.get(schema)?.id;
}

/** What a schema is made of. */
function partsOf(schema: z.ZodType): z.ZodType[] {
  if (isWrapper(schema)) return [schema.unwrap() as z.ZodType];
  if (schema instanceof z.ZodArray) return [schema.element as z.ZodType];
  return schema instanceof z.ZodObject ? Object.values(schema.shape as Record<string, z.ZodType>) : [];
}

/** A field's description as it is declared: on the field, or on what it makes optional, nullable or a default of. */
function declared(schema: z.ZodType): string | undefined {
  return schema.description ?? (isWrapper(schema) ? declared(schema.unwrap() as z.ZodType) : undefined);
}

function isWrapper(schema: z.ZodType): schema is z.ZodOptional | z.ZodNullable | z.ZodDefault {
  return schema instanceof z.ZodOptional || schema instanceof z.ZodNullable || schema instanceof z.ZodDefault;
}

type Field = readonly [place: string, schema: z.ZodType, document: Described | undefined];

/** Every field below a schema, up to other named schemas. */
function* fieldsOf(schema: z.ZodType, document: Described | undefined, at: string): Generator<Field> {
  const inner = (part: z.ZodType) => (nameOf(part) === undefined ? part : z.never());
  if (isWrapper(schema)) {
    yield* fieldsOf(inner(schema.unwrap() as z.ZodType), document?.anyOf?.[0] ?? document, at);
  } else if (schema instanceof z.ZodArray) {
    yield* fieldsOf(inner(schema.element as z.ZodType), document?.items, `${at}[]`);
  } else if (schema instanceof z.ZodObject) {
    for (const [name, field] of Object.entries(schema.shape as Record<string, z.ZodType>)) {
      const property = document?.properties?.[name];
      yield [`${at}.${name}`, field, property];
      if (!property?.$ref) yield* fieldsOf(inner(field), property, `${at}.${name}`);
    }
  }
}

test("the document has a schema for each request and response", () => {
  expect(Object.keys(schemas).sort()).toEqual(expect.arrayContaining([...NAMED.keys()].sort()));
});

test.each([...NAMED])("%s has the descriptions that its fields declare", (id, schema) => {
  expect(schemas[id]?.description, id).toBe(schema.description);
  for (const [place, field, document] of fieldsOf(schema, schemas[id], id)) {
    expect(declared(field), place).toMatch(/^[A-Z0-9`].*[.`]$/s);
    expect(document?.description, place).toBe(declared(field));
  }
});

test("each parameter of a query has the description that its field declares", async () => {
  const { paths } = (await send("/openapi.json")).body;
  for (const { path, method, query } of ROUTES) {
    for (const [name, field] of Object.entries((query?.shape ?? {}) as Record<string, z.ZodType>)) {
      const parameter = paths[path][method].parameters.find((each: { name: string }) => each.name === name);
      expect(parameter.description, `${path} ${name}`).toBe(declared(field));
      expect(parameter.description, `${path} ${name}`).toBeTruthy();
    }
  }
});
