import { AuditSchema, LedgerPage } from "../../wire/answer-schemas.ts";
import { LedgerExportQuery, LedgerQuery } from "../../wire/index.ts";
import { NDJSON } from "../json-body.ts";
import { exportLedger } from "../ledger-export.ts";
import type { Route } from "../route.ts";
import { TENANT_PATH } from "./paths.ts";

/** What happened. */
export const LEDGER_ROUTES: readonly Route[] = [
  {
    method: "get",
    path: `${TENANT_PATH}/ledger`,
    scope: "read",
    operationId: "getLedger",
    tag: "Ledger",
    summary: "Tell what happened",
    query: LedgerQuery,
    answer: {
      description: "A page of entries, the oldest first.",
      schema: LedgerPage,
      example: {
        items: [
          {
            id: 1,
            at: "2026-11-24T05:00:00.000Z",
            kind: "consume",
            user_id: "alice",
            tokens_in: 700,
            tokens_out: 120,
            cost_usd: 0.31,
          },
        ],
        next: null,
      },
    },
    handle: async (c) => c.json(await c.var.tenant.ledger(c.req.query())),
  },
  {
    method: "get",
    path: `${TENANT_PATH}/ledger/export`,
    scope: "read",
    operationId: "exportLedger",
    tag: "Ledger",
    summary: "Export what happened",
    description: "All entries that fit, as they are read, an entry a line: as NDJSON, or as CSV with `format=csv`.",
    query: LedgerExportQuery,
    answer: { description: "Entries, the oldest first.", types: [NDJSON, "text/csv"] },
    handle: exportLedger,
  },
  {
    method: "post",
    path: `${TENANT_PATH}/audit`,
    scope: "admin",
    operationId: "audit",
    tag: "Ledger",
    summary: "Prove that the ledger adds up to the totals",
    description: "Adds up the whole ledger, bucket by bucket, and compares. Other calls wait while it does.",
    answer: {
      description: "Whether it does, and where it does not.",
      schema: AuditSchema,
      example: {
        ok: true,
        entries: 1204,
        buckets: 17,
        differences: [],
        totals: {
          tokens_in: 700,
          tokens_out: 120,
          tokens_total: 820,
          cost_usd: 0.31,
          calls: 1,
          cache_read_input_tokens: 0,
          cache_write_input_tokens: 0,
          reasoning_output_tokens: 0,
        },
      },
    },
    handle: async (c) => c.json(await c.var.tenant.audit()),
  },
];
