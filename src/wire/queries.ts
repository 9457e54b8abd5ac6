import { z } from "zod";
import { Id } from "./ids.ts";

const MAX_PAGE = 1000;
const PAGE_TAKES = `takes a whole number from 1 to ${MAX_PAGE}`;
const AFTER_TAKES = "takes the next of the page before";
const TIME_TAKES = "takes a time with its offset, such as 2026-11-24T05:00:00Z";

const limit = z.coerce.number(PAGE_TAKES).int(PAGE_TAKES).min(1, PAGE_TAKES).max(MAX_PAGE, PAGE_TAKES).default(100);
const after = z.coerce.number(AFTER_TAKES).int(AFTER_TAKES).min(0, AFTER_TAKES).default(0);

/** The query of a paged list: entries after an id, so many at a time. */
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

const LABEL_TAKES = "takes NAME:VALUE";

/** The query of `GET ledger`: entries that fit every filter that is given. `user_id` of nothing is the anonymous user. */
export const LedgerQuery = z.strictObject({
  after,
  limit,
  kind: z.enum(ENTRY_KINDS, `takes one of ${ENTRY_KINDS.join(", ")}`).optional(),
  user_id: z.union([z.literal(""), Id]).optional(),
  label: z
    .string(LABEL_TAKES)
    .regex(/^[a-z][a-z0-9_]*:./su, LABEL_TAKES)
    .optional(),
  since: z.iso.datetime({ offset: true, error: TIME_TAKES }).optional(),
  until: z.iso.datetime({ offset: true, error: TIME_TAKES }).optional(),
});
export type LedgerQuery = z.infer<typeof LedgerQuery>;

/** The query of `GET ledger/export`: the same filters, and how to print what fits. */
export const LedgerExportQuery = LedgerQuery.omit({ after: true, limit: true }).extend({
  format: z.enum(["ndjson", "csv"], "takes ndjson or csv").default("ndjson"),
});
export type LedgerExportQuery = z.infer<typeof LedgerExportQuery>;

/** The query of `DELETE` of a tenant. */
export const ConfirmQuery = z.strictObject({ confirm: Id });
export type ConfirmQuery = z.infer<typeof ConfirmQuery>;

export const RESERVATION_STATES = ["held", "committed", "released", "expired"] as const;

/** The query of `GET reservations`: in order of their ids, which is that of their creation. */
export const ReservationsQuery = z.strictObject({
  after: z.string(AFTER_TAKES).max(64, AFTER_TAKES).default(""),
  limit,
  state: z.enum(RESERVATION_STATES, `takes one of ${RESERVATION_STATES.join(", ")}`).optional(),
});
export type ReservationsQuery = z.infer<typeof ReservationsQuery>;
