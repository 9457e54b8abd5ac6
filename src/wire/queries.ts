/** The query parameters of lists and exports. */
import { z } from "zod";
import { Id } from "./ids.ts";

const MAX_PAGE = 1000;
const PAGE_TAKES = `takes a whole number from 1 to ${MAX_PAGE}`;
const AFTER_TAKES = 'takes the value of "next" in the previous page';
const TIME_TAKES = "takes a time with an offset, such as 2026-11-24T05:00:00Z";

const limit = z.coerce
  .number(PAGE_TAKES)
  .int(PAGE_TAKES)
  .min(1, PAGE_TAKES)
  .max(MAX_PAGE, PAGE_TAKES)
  .default(100)
  .describe("The most items to return.");
const after = z.coerce
  .number(AFTER_TAKES)
  .int(AFTER_TAKES)
  .min(0, AFTER_TAKES)
  .default(0)
  .describe("The `next` of the previous page. 0: the first page.");
const textAfter = (max: number) =>
  z.string(AFTER_TAKES).max(max, AFTER_TAKES).default("").describe("The `next` of the previous page.");

export const PageQuery = z.strictObject({ after, limit });
export type PageQuery = z.infer<typeof PageQuery>;

export const ENTRY_KINDS = [
  "consume",
  "hold",
  "extension",
  "commit",
  "release",
  "expiry",
  "refusal",
  "adjustment",
  "reset",
  "eviction",
  "overflow",
  "config",
  "limits",
  "freeze",
  "unfreeze",
  "token",
  "revocation",
  "erasure",
] as const;

const LABEL_TAKES = "takes a label as NAME:VALUE";

/** The query of `GET ledger`. Entries have to pass every filter. */
export const LedgerQuery = z.strictObject({
  after,
  limit,
  kind: z
    .enum(ENTRY_KINDS, `takes one of ${ENTRY_KINDS.join(", ")}`)
    .optional()
    .describe("Only entries of this kind."),
  user_id: z
    .union([z.literal(""), Id])
    .optional()
    .describe("Only entries of this user. Empty: the anonymous user."),
  label: z
    .string(LABEL_TAKES)
    .regex(/^[a-z][a-z0-9_]*:./su, LABEL_TAKES)
    .optional()
    .describe("Only entries with this label, as `NAME:VALUE`."),
  since: z.iso.datetime({ offset: true, error: TIME_TAKES }).optional().describe("Only entries from this time on."),
  until: z.iso.datetime({ offset: true, error: TIME_TAKES }).optional().describe("Only entries before this time."),
});
export type LedgerQuery = z.infer<typeof LedgerQuery>;

/** The query of `GET ledger/export`: the same filters, and a format. */
export const LedgerExportQuery = LedgerQuery.omit({ after: true, limit: true }).extend({
  format: z.enum(["ndjson", "csv"], "takes ndjson or csv").default("ndjson").describe("The format of the export."),
});
export type LedgerExportQuery = z.infer<typeof LedgerExportQuery>;

/** The query that confirms the deletion of a tenant. */
export const ConfirmQuery = z.strictObject({ confirm: Id.describe("The tenant's id, again.") });
export type ConfirmQuery = z.infer<typeof ConfirmQuery>;

export const RESERVATION_STATES = ["held", "committed", "released", "expired"] as const;

/** The query of `GET reservations`. */
export const ReservationsQuery = z.strictObject({
  after: textAfter(64),
  limit,
  state: z
    .enum(RESERVATION_STATES, `takes one of ${RESERVATION_STATES.join(", ")}`)
    .optional()
    .describe("Only reservations in this state."),
});
export type ReservationsQuery = z.infer<typeof ReservationsQuery>;

/** The position in an export of everything stored for a tenant: the `next` of the previous page. */
export const ExportQuery = z.strictObject({
  after: textAfter(20_000).refine(isExportPosition, AFTER_TAKES),
});
export type ExportQuery = z.infer<typeof ExportQuery>;

/** True for a table's place followed by the key of the last row read. */
function isExportPosition(text: string): boolean {
  if (text === "") return true;
  try {
    const position: unknown = JSON.parse(text);
    const isKey = (part: unknown) => typeof part === "string" || typeof part === "number";
    return Array.isArray(position) && Number.isSafeInteger(position[0]) && position[0] >= 0 && position.every(isKey);
  } catch {
    return false;
  }
}
