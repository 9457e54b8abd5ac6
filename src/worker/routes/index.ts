/** Every route of the service. */
import type { Route } from "../route.ts";
import { BATCH_ROUTES } from "./batch.ts";
import { BUCKET_ROUTES } from "./buckets.ts";
import { CONFIG_ROUTES } from "./config.ts";
import { LEDGER_ROUTES } from "./ledger.ts";
import { metaRoutes } from "./meta.ts";
import { PRIVACY_ROUTES } from "./privacy.ts";
import { RESERVATION_ROUTES } from "./reservations.ts";
import { STEP_ROUTES } from "./steps.ts";
import { TOKEN_ROUTES } from "./tokens.ts";

/** In the order of the OpenAPI document. */
export const ROUTES: readonly Route[] = [
  ...STEP_ROUTES,
  ...RESERVATION_ROUTES,
  ...BATCH_ROUTES,
  ...BUCKET_ROUTES,
  ...CONFIG_ROUTES,
  ...LEDGER_ROUTES,
  ...TOKEN_ROUTES,
  ...PRIVACY_ROUTES,
  ...metaRoutes(() => ROUTES),
];
