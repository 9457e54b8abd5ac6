/**
 * Asks the tenant's object as the floor asks its echo, with nothing between: what the object itself costs. Nothing is
 * validated, so nothing but a load of valid requests may come.
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
      const answer = await object.consume(await request.json());
      return Response.json(answer.ok && answer.value);
    }
    const answer = await (id === "" ? object.reserve(await request.json()) : object.commit(id, await request.json()));
    return Response.json(answer.ok && answer.value, { status: id === "" ? 201 : 200 });
  },
} satisfies ExportedHandler<ObjectEnv>;
