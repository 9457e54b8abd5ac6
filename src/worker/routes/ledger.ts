/** The routes of the ledger. */
import { parseInput } from "../../operations/index.ts";
import { LedgerExportQuery, type LedgerQuery } from "../../wire/index.ts";
import { CSV_HEAD, printCsv, printNdjson, streamPages } from "../export.ts";
import { NDJSON } from "../json-body.ts";
import { type Route, type RouteContext, routeOf, TENANT_PATH } from "../route.ts";
import { TOTALS } from "./examples.ts";

/** How many entries an export reads at a time. */
const PAGE = 1000;

export const LEDGER_ROUTES: readonly Route[] = [
  routeOf("ledger", {
    method: "get",
    path: `${TENANT_PATH}/ledger`,
    operationId: "getLedger",
    tag: "Ledger",
    answer: {
      description: "A page of entries, the oldest first.",
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
    handle: async (c) => c.json(await c.var.tenant.ledger(c.req.query() as Partial<LedgerQuery>)),
  }),
  routeOf("ledger", {
    method: "get",
    path: `${TENANT_PATH}/ledger/export`,
    operationId: "exportLedger",
    tag: "Ledger",
    summary: "Export ledger entries",
    description: "Returns all entries that pass the filters, one on each line, as NDJSON or with `format=csv` as CSV.",
    query: LedgerExportQuery,
    answer: { description: "Entries, the oldest first.", types: [NDJSON, "text/csv"] },
    handle: exportLedger,
  }),
  routeOf("audit", {
    method: "post",
    path: `${TENANT_PATH}/audit`,
    operationId: "audit",
    tag: "Ledger",
    description:
      "Adds up the whole ledger, bucket by bucket, and compares the sums with the totals. Other calls wait until it is done.",
    answer: {
      description: "Whether the ledger adds up to the totals, and the differences.",
      example: {
        ok: true,
        entries: 1204,
        buckets: 17,
        differences: [],
        totals: TOTALS,
      },
    },
    handle: async (c) => c.json(await c.var.tenant.audit()),
  }),
];

async function exportLedger(c: RouteContext): Promise<Response> {
  const { format, ...filters } = parseInput(LedgerExportQuery, c.req.query());
  const read = (after: number) => c.var.tenant.ledger({ ...filters, after, limit: PAGE });
  const isCsv = format === "csv";
  const stream = await streamPages(0, read, isCsv ? printCsv : printNdjson, isCsv ? CSV_HEAD : "");
  return c.body(stream, 200, { "content-type": isCsv ? "text/csv; charset=utf-8" : NDJSON });
}
