import { expect, test } from "vitest";
import { newTenantPath, sendJson } from "./http.ts";

const DIFFERING = { model: "gpt-4o-mini", labels: { model: "gpt-4o" } };

test.each(["allows-step", "consume", "reservations"])("%s refuses two models in one call", async (call) => {
  const detail = 'differs from labels.model, which is "gpt-4o": give one of them, or the same in both';
  expect(await sendJson("POST", `${newTenantPath()}/${call}`, DIFFERING)).toMatchObject({
    status: 400,
    body: { code: "invalid_input", errors: [{ pointer: "/model", detail }] },
  });
});

test("an operation of a batch is refused for itself", async () => {
  const operations = [
    { op: "consume", ...DIFFERING },
    { op: "consume", model: "gpt-4o", labels: { model: "gpt-4o" } },
  ];
  const { body } = await sendJson("POST", `${newTenantPath()}/batch`, { operations });
  expect(body.results).toMatchObject([{ status: 400, body: { errors: [{ pointer: "/model" }] } }, { status: 200 }]);
});
