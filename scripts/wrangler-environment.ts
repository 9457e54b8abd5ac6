/**
 * The environment that the project runs Wrangler with. Telemetry and the look-up of a request's location are off, so
 * that it runs the same without a network. The local explorer and the traces it shows are off, because both read and
 * the first also writes every tenant's SQLite without a token.
 */
export const WRANGLER_ENVIRONMENT = {
  WRANGLER_SEND_METRICS: "false",
  CLOUDFLARE_CF_FETCH_ENABLED: "false",
  X_LOCAL_EXPLORER: "false",
  X_LOCAL_OBSERVABILITY: "false",
} as const;
