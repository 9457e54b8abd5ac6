/**
 * What everything else is compared with: a Worker that answers, and one that asks a Durable Object by RPC.
 * The echo reads the body of a consume and returns an answer as long as a decision, and does nothing else.
 */
import { DurableObject } from "cloudflare:workers";
import type { Answer, ConsumeRequest, DecisionResponse } from "../../src/wire/index.ts";
import { DECISION } from "./decision.ts";

interface FloorEnv {
  readonly ECHO: DurableObjectNamespace<Echo>;
}

export class Echo extends DurableObject {
  echo(_spent: ConsumeRequest): Answer<DecisionResponse> {
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
