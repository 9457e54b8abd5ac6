/**
 * Calls the tenant's object directly, as the floor calls its echo, to measure the object alone. Nothing is validated,
 * so only valid requests may be sent.
 */
import type { TenantBudget } from "../../src/index.ts";

interface ObjectEnv {
  readonly TENANT_BUDGET: DurableObjectNamespace<TenantBudget>;
}

export default {
  async fetch(request, env) {
    const [, , , tenant = "", call, id = ""] = new URL(request.url).pathname.split("/");
    const object = env.TENANT_BUDGET.getByName(tenant);
    if (call === "consume") {
      const answer = await object.run({ op: "consume", request: await request.json() });
      return Response.json(valueIn(answer));
    }
    const answer = await (id === ""
      ? object.run({ op: "reserve", request: await request.json() })
      : object.run({ op: "commit", id, request: await request.json() }));
    return Response.json(valueIn(answer), { status: id === "" ? 201 : 200 });
  },
} satisfies ExportedHandler<ObjectEnv>;

function valueIn(answer: { readonly ok: boolean; readonly value?: unknown }): unknown {
  return answer.ok && answer.value;
}
