/** The HTTP server, the limits and the step that all peers share. */
import { serve } from "@hono/node-server";
import { Hono } from "hono";

/** What a step spent, as a peer's store takes it: integers, money in nano-USD. */
export interface Step {
  readonly tenant: string;
  readonly user: string;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly costNanoUsd: number;
  /** The caller's key, under which a step counts once. */
  readonly key: string | undefined;
}

/** The limits of every peer's tenant, out of reach as those of the measured budget are. */
export const LIMITS = {
  max_tokens: 1e12,
  max_cost_usd: 1e6,
  per_user_max_tokens: 1e12,
  per_user_max_cost_usd: 1e6,
  soft_warning_at: 0.8,
};

/** Serves `POST /v1/tenants/:tenant/consume` on a free port of loopback, and sends the port to the parent process. */
export function listen(consume: (step: Step) => Promise<object>): void {
  const app = new Hono();
  app.post("/v1/tenants/:tenant/consume", async (c) => {
    const { user_id, tokens_in, tokens_out, cost_usd } = await c.req.json();
    for (const amount of [tokens_in, tokens_out, cost_usd]) {
      if (!(amount >= 0)) return c.json({ error: "amounts are numbers from 0" }, 400);
    }
    const step: Step = {
      tenant: c.req.param("tenant"),
      user: String(user_id),
      inputTokens: tokens_in,
      outputTokens: tokens_out,
      costNanoUsd: Math.round(cost_usd * 1e9),
      key: c.req.header("idempotency-key"),
    };
    return c.json(await consume(step));
  });
  // It exits with the process that started it.
  process.once("disconnect", () => process.exit());
  serve({ fetch: app.fetch, hostname: "127.0.0.1", port: 0 }, ({ port }) => process.send?.({ port }));
}
