/** The responses of erasures, and of the export of everything stored for a tenant. */
import { z } from "zod";
import type { Immutable } from "./immutable.ts";
import { pageOf } from "./responses.ts";

export const ErasedUser = z
  .object({
    pseudonym: z.string().describe("The pseudonym that replaces the user's id. It cannot be computed from the id."),
    buckets: z.int().min(0).describe("How many buckets were erased."),
  })
  .meta({ id: "Erased", description: "A user was erased." });
export type ErasedUser = Immutable<z.infer<typeof ErasedUser>>;

export const ErasedTenant = z
  .object({ erased: z.literal(true).describe("Always true.") })
  .meta({ id: "ErasedTenant", description: "Everything stored for the tenant was deleted." });
export type ErasedTenant = Immutable<z.infer<typeof ErasedTenant>>;

export const ExportedRow = z.object({ table: z.string(), row: z.record(z.string(), z.unknown()) });
export type ExportedRow = Immutable<z.infer<typeof ExportedRow>>;
export const ExportPage = pageOf(ExportedRow, z.string());
