/**
 * What everything else is held against: a Worker that answers, and one that asks a Durable Object by RPC.
 * The echo reads the body of a consume and answers what is as long as a decision, and does nothing besides.
 */
import { DurableObject } from "cloudflare:workers";
import type { Answer, ConsumeRequest, DecisionAnswer } from "../../src/wire/index.ts";

interface FloorEnv {
  readonly ECHO: DurableObjectNamespace<Echo>;
}

/** A decision as the budget of the bench answers it. */
const DECISION: DecisionAnswer = {
  state: "ok",
  reason: null,
  limit: null,
  remaining: { tokens: 999_999_999_999, cost_usd: 999_999.123456 },
  retry_after: null,
};

export class Echo extends DurableObject {
  echo(_spent: ConsumeRequest): Answer<DecisionAnswer> {
    return { ok: true, value: DECISION };
  }
}

export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url);
    if (pathname === "/hello") return new Response("hello");
    const [, , , tenant = ""] = pathname.split("/");
    const answer = await env.ECHO.getByName(tenant).echo(await request.json());
    return Response.json(answer.ok && answer.value);
  },
} satisfies ExportedHandler<FloorEnv>;
