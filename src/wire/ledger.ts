/** The responses of the ledger and of its audit. */
import { z } from "zod";
import type { USAGE_PARTS } from "../core/index.ts";
import type { Immutable } from "./immutable.ts";
import { ENTRY_KINDS } from "./queries.ts";
import { PriceResponse } from "./recorded-cost.ts";
import {
  AmountsResponse,
  BucketNameResponse,
  bucketName,
  MaximaResponse,
  pageOf,
  TotalsResponse,
} from "./responses.ts";
import { usageFields } from "./usage-fields.ts";

const Count = z.int().min(0);
const Text = z.string();
const Time = z.iso.datetime();

/** What an entry added to a bucket; parts are negative if it took something away. */
const changes = usageFields(changeOf);
const optionalChanges = usageFields((part) => changeOf(part).optional());

function changeOf({ unit, description }: (typeof USAGE_PARTS)[number]): z.ZodNumber {
  return (unit === "USD" ? z.number() : z.int()).describe(`What the entry added. ${description}`);
}

const LedgerException = z.object({ scope: Text.describe("The scope of the bucket."), ...changes });
export type LedgerException = Immutable<z.infer<typeof LedgerException>>;

export const LedgerEntry = z
  .object({
    id: Count.describe("The entry's id. Ids increase with each entry."),
    at: Time.describe("When it happened."),
    kind: z.enum(ENTRY_KINDS).describe("What happened."),
    idempotency_key: Text.optional().describe("The key of the write."),
    user_id: Text.nullable().optional().describe("The user of the step. Null: the anonymous user."),
    labels: z.record(z.string(), z.string()).optional().describe("The labels of the step."),
    model: Text.optional().describe("The model of the step."),
    provider: Text.optional().describe("The provider, if the step was priced by its model."),
    price: PriceResponse.optional().describe("The price, if the step was priced by its model."),
    ...optionalChanges,
    bucket: BucketNameResponse.optional().describe("The one bucket that the entry is about."),
    note: Text.optional().describe("The reason that the caller gave."),
    cause: z.enum(["max_users", "idle"]).optional().describe("Why a bucket was evicted."),
    reservation: Text.optional().describe("The reservation's id."),
    amounts: AmountsResponse.optional().describe(
      "What a reservation or an extension was granted; what a refused one asked for.",
    ),
    on_expiry: z.enum(["release", "charge"]).optional().describe("What the reservation's expiry does."),
    reason: Text.nullable().optional().describe("Why a reservation was refused."),
    times: Count.optional().describe("How often the same refusal happened within a minute, if more than once."),
    estimated: z.boolean().optional().describe("Of an expiry: whether it charged the pending amounts."),
    late: z.literal(true).optional().describe("Only if true: the commit came after the reservation was settled."),
    final: z.boolean().optional().describe("Of a commit: whether it settled the reservation."),
    scopes: z.array(Text).optional().describe("The label scopes whose buckets counted the amounts, too."),
    overflow: z.array(Text).optional().describe("The scopes whose overflow bucket counted the amounts."),
    exceptions: z
      .array(LedgerException)
      .optional()
      .describe("Buckets that changed by other amounts than the tenant's, and by which."),
    saturated: z
      .array(Text)
      .optional()
      .describe("The scopes whose total has reached 2^53−1 and counted less than was reported."),
    reported: z
      .object(changes)
      .optional()
      .describe("What was reported, if the totals changed by something else: at a ceiling, or by a correction."),
    jti: Text.optional().describe("The token's id."),
    grants: z.array(Text).optional().describe("The scopes that a new token grants."),
    ancestors: z.array(Text).optional().describe("The tokens that a new token descends from."),
    started_at: Time.optional().describe("When an evicted bucket had started to count."),
    touched_at: Time.optional().describe("When an evicted bucket was last used."),
    limits: MaximaResponse.nullable().optional().describe("A bucket's new limits. Null: they were removed."),
    expires_at: Text.optional().describe("When the reservation, the limits or the token expire."),
    until: Text.nullable().optional().describe("When a freeze ends. Null: when it is lifted."),
    version: Count.optional().describe("The configuration's new version."),
    author: Text.nullable().optional().describe("Who edited the configuration or the limits."),
  })
  .meta({ id: "LedgerEntry", description: "What happened, and when. Which fields an entry has depends on its kind." });
export type LedgerEntry = Immutable<z.infer<typeof LedgerEntry>>;
export type EntryKind = LedgerEntry["kind"];

export const LedgerPage = pageOf(LedgerEntry, Count).meta({
  id: "LedgerPage",
  description: "A page of the ledger, the oldest entry first.",
});

const Sum = z.object({ ...changes, tokens_total: z.int().describe("Input and output tokens together.") });

export const AuditResponse = z
  .object({
    ok: z.boolean().describe("Whether the ledger adds up to the totals."),
    entries: Count.describe("How many entries were added up, beside the sums that stand for entries no longer kept."),
    buckets: Count.describe("How many buckets were compared, including the tenant's."),
    differences: z
      .array(
        z.object({
          ...bucketName,
          entry: Count.optional().describe("The late commit that made a wrong correction."),
          ledger: Sum.describe("What the ledger adds up to, or what the commit should have changed."),
          stored: Sum.describe("What is stored, or what the commit changed."),
        }),
      )
      .describe("Where they differ, up to 100."),
    totals: TotalsResponse.describe("The tenant's totals, as stored."),
  })
  .meta({ id: "Audit", description: "Whether the ledger adds up to the totals, bucket by bucket." });
export type AuditResponse = Immutable<z.infer<typeof AuditResponse>>;
export type AuditDifference = AuditResponse["differences"][number];
