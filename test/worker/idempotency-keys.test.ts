/** Which keys are accepted, in each place where one can be sent. */
import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { TenantOperations } from "../../src/worker/tenant-operations.ts";
import { newTenantPath, send, sendJson } from "./http.ts";
import { tenantOf } from "./token.ts";

const bucket = { scope: "user", id: "a" };
const refusal = {
  code: "invalid_input",
  errors: [{ pointer: "/idempotency_key", detail: "takes text of 1 to 256 bytes of UTF-8" }],
};

describe.each([
  ["768 bytes", "€".repeat(256)],
  ["257 bytes", "x".repeat(257)],
  ["a lone surrogate", "\ud800"],
  ["nothing", ""],
])("an idempotency_key of %s is refused", (_, idempotency_key) => {
  test("in a body", async () => {
    const { status, body } = await sendJson("POST", `${newTenantPath()}/consume`, { idempotency_key });
    expect({ status, body }).toMatchObject({ status: 400, body: refusal });
  });

  test("in every item of a batch", async () => {
    const operations = [
      { op: "consume" },
      { op: "clear_limits", bucket },
      { op: "set_limits", bucket, limits: {} },
      { op: "configure", config: {} },
      { op: "patch_config", patch: {} },
      { op: "reset", bucket },
    ].map((item) => ({ ...item, idempotency_key }));
    const { body } = await sendJson("POST", `${newTenantPath()}/batch`, { operations });
    expect(body.results).toMatchObject(operations.map(() => ({ status: 400, body: refusal })));
  });

  test("in an edit over a service binding", async () => {
    const tenant = new TenantOperations(env.TENANT_BUDGET, tenantOf(newTenantPath()));
    await expect(tenant.configure({}, { idempotency_key })).rejects.toMatchObject({ code: "invalid_input" });
    await expect(tenant.clearLimits(bucket, { idempotency_key })).rejects.toMatchObject({ code: "invalid_input" });
  });
});

test.each([
  ["PUT", "/config", "x".repeat(257)],
  ["PATCH", "/config", "x".repeat(257)],
  ["POST", "/consume", "x".repeat(257)],
  ["POST", "/tenant/reset", '""'],
])("%s %s refuses such an Idempotency-Key header", async (method, path, key) => {
  const headers = { "content-type": "application/json", "idempotency-key": key };
  const reply = await send(newTenantPath() + path, { method, headers, body: "{}" });
  expect(reply).toMatchObject({ status: 400, body: refusal });
});

test("an idempotency_key of 256 bytes is accepted", async () => {
  const tenant = newTenantPath();
  const spend = () => sendJson("POST", `${tenant}/consume`, { idempotency_key: "é".repeat(128) });
  await spend();
  expect(await spend()).toMatchObject({ status: 200, body: { replayed: true } });
});
