import { LedgerPage } from "../../wire/answer-schemas.ts";
import { PageQuery } from "../../wire/index.ts";
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
    query: PageQuery,
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
];
