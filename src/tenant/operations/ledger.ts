/** Operations on the ledger: its entries, and the audit. */
import { audit } from "./audit.ts";
import type { Handlers } from "./handler.ts";

export const LEDGER_HANDLERS = {
  ledger: { run: (tenant, { query }) => tenant.ledger.page(query), after: "erasure" },
  audit: { run: audit, after: "erasure" },
} satisfies Handlers;
