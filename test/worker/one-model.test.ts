/** A call names one model, and a commit that of its reservation. */
import { exports } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import type { BudgetService } from "../../src/index.ts";
import { newTenantPath, send, sendJson } from "./http.ts";
import { tenantOf } from "./token.ts";

const DIFFERING = { model: "gpt-4o-mini", labels: { model: "gpt-4o" } };

test.each(["allows-step", "consume", "reservations"])("%s refuses two models in one call", async (call) => {
  const detail = 'differs from labels.model, which is "gpt-4o": send one of them, or the same in both';
  expect(await sendJson("POST", `${newTenantPath()}/${call}`, DIFFERING)).toMatchObject({
    status: 400,
    body: { code: "invalid_input", errors: [{ pointer: "/model", detail }] },
  });
});

test("an operation of a batch is refused alone", async () => {
  const operations = [
    { op: "consume", ...DIFFERING },
    { op: "consume", model: "gpt-4o", labels: { model: "gpt-4o" } },
  ];
  const { body } = await sendJson("POST", `${newTenantPath()}/batch`, { operations });
  expect(body.results).toMatchObject([{ status: 400, body: { errors: [{ pointer: "/model" }] } }, { status: 200 }]);
});

describe("a commit of a reservation for one model", () => {
  const EXPENSIVE = { model: "gpt-4o", labels: { model: "gpt-4o" } };
  const CHEAP = { model: "gpt-4o-mini", tokens_in: 1_000_000 };
  const DETAIL = 'differs from the reservation\'s, which is "gpt-4o": leave it out, or send the cost as cost_usd';
  const REFUSED = { status: 400, body: { code: "invalid_input", errors: [{ pointer: "/model", detail: DETAIL }] } };

  async function reserved(subject: object = EXPENSIVE) {
    const tenant = newTenantPath();
    const { id } = (await sendJson("POST", `${tenant}/reservations`, { ...subject, tokens: 10 })).body;
    return { tenant, id, commit: (spent: object) => sendJson("POST", `${tenant}/reservations/${id}/commit`, spent) };
  }
  const costOf = async (tenant: string) => (await send(`${tenant}/tenant/usage`)).body.cost_usd;

  test.each([
    ["by its model", { model: "gpt-4o" }],
    ["by its label", { labels: { model: "gpt-4o" } }],
  ])("reserved %s is not priced as another", async (_, subject) => {
    const { tenant, id, commit } = await reserved(subject);
    for (const final of [false, true]) expect(await commit({ ...CHEAP, final })).toMatchObject(REFUSED);
    expect((await send(`${tenant}/reservations/${id}`)).body).toMatchObject({ state: "held", spent: { calls: 0 } });
    expect(await costOf(tenant)).toBe(0);
  });

  test.each([
    ["none", { tokens_in: 1_000_000 }, 2.5],
    ["the same", { model: "gpt-4o", tokens_in: 1_000_000 }, 2.5],
    ["another and the cost", { ...CHEAP, cost_usd: 0.15 }, 0.15],
  ])("may name %s", async (_, spent, cost) => {
    const { tenant, commit } = await reserved();
    expect(await commit(spent)).toMatchObject({ status: 200, body: { state: "committed" } });
    expect(await costOf(tenant)).toBe(cost);
  });

  test("of a reservation without a model is priced by its own", async () => {
    const { tenant, commit } = await reserved({});
    expect((await commit(CHEAP)).status).toBe(200);
    expect(await costOf(tenant)).toBe(0.15);
  });

  test("after the release of the reservation is refused too", async () => {
    const { tenant, id, commit } = await reserved();
    await sendJson("POST", `${tenant}/reservations/${id}/release`, {});
    expect(await commit(CHEAP)).toMatchObject(REFUSED);
  });

  test("in a batch and over the service binding is refused alone", async () => {
    const { tenant, id } = await reserved();
    const operations = [
      { op: "commit", id, ...CHEAP },
      { op: "commit", id, tokens_in: 1, final: false },
    ];
    const { body } = await sendJson("POST", `${tenant}/batch`, { operations });
    expect(body.results).toMatchObject([REFUSED, { status: 200 }]);
    const budget = exports.BudgetService as unknown as Service<BudgetService>;
    using acme = await budget.tenant(tenantOf(tenant));
    const error = await acme.commit(id, CHEAP).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({ code: "invalid_input", errors: REFUSED.body.errors });
  });
});
