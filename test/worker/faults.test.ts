/** Which faults of the tenant's object are retried. */
import { createExecutionContext, env } from "cloudflare:test";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { app } from "../../src/worker/app.ts";
import { TenantOperations } from "../../src/worker/tenant-operations.ts";
import { newTenantPath } from "./http.ts";
import { SECRETS } from "./secrets.ts";
import { bearer } from "./token.ts";

type Namespace = Cloudflare.Env["TENANT_BUDGET"];

const fault = (message: string, marks: object = {}) => Object.assign(new Error(message), marks);
const LOST = fault("Network connection lost.", { retryable: true });

/** The tenants' objects, with faults for the first calls; `stubs` counts the calls, each of which gets a new stub. */
function failing(...faults: Error[]): { namespace: Namespace; stubs: () => number } {
  let stubs = 0;
  const getByName = (name: string) => {
    stubs += 1;
    const error = faults.shift();
    if (!error) return env.TENANT_BUDGET.getByName(name);
    return new Proxy({}, { get: () => () => Promise.reject(error) });
  };
  return { namespace: { getByName } as unknown as Namespace, stubs: () => stubs };
}

async function call(namespace: Namespace, path: string, body?: object) {
  const errors = vi.spyOn(console, "error").mockImplementation(() => {});
  onTestFinished(() => errors.mockRestore());
  const request = new Request(`https://budget.test${newTenantPath()}${path}`, {
    method: body ? "POST" : "GET",
    headers: { ...bearer(SECRETS.ADMIN_TOKEN), "content-type": "application/json" },
    ...(body && { body: JSON.stringify(body) }),
  });
  const answer = await app.fetch(request, { ...env, TENANT_BUDGET: namespace }, createExecutionContext());
  return {
    status: answer.status,
    headers: answer.headers,
    body: await answer.json<object>(),
    logged: errors.mock.calls,
  };
}

describe("a fault that the platform marks as retryable is tried again", () => {
  test.each([
    ["a read", "/tenant/usage", undefined],
    ["a check", "/allows-step", {}],
    ["a list of entries", "/ledger", undefined],
  ])("%s, by a fresh stub each time", async (_, path, body) => {
    const { namespace, stubs } = failing(LOST, LOST);
    expect((await call(namespace, path, body)).status).toBe(200);
    expect(stubs()).toBe(3);
  });

  test("a page of an export, which is a read, too", async () => {
    const { namespace, stubs } = failing(LOST, LOST);
    expect(await new TenantOperations(namespace, crypto.randomUUID()).export()).toMatchObject({ items: [{}] });
    expect(stubs()).toBe(3);
  });

  test("three times in all", async () => {
    const { namespace, stubs } = failing(LOST, LOST, LOST);
    const { status, headers, body } = await call(namespace, "/tenant/usage");
    expect({ status, body }).toMatchObject({ status: 503, body: { code: "unavailable", retryable: true } });
    expect(headers.get("retry-after")).toBe("1");
    expect(stubs()).toBe(3);
  });
});

describe("there is no other try", () => {
  test.each([
    ["a write, which may have taken effect", LOST, "/consume", {}, 503, "unavailable"],
    [
      "a call to an overloaded object",
      fault("Durable Object is overloaded.", { retryable: true, overloaded: true }),
      "/tenant/usage",
      undefined,
      503,
      "overloaded",
    ],
    [
      "a call ended by a deploy",
      fault("Durable Object reset because its code was updated.", { durableObjectReset: true }),
      "/tenant/usage",
      undefined,
      503,
      "unavailable",
    ],
    [
      "a call that storage failed",
      fault("disk I/O error: SQLITE_IOERR", { remote: true }),
      "/consume",
      {},
      503,
      "unavailable",
    ],
    [
      "a call that fails for a bug",
      fault("x is not a function", { remote: true }),
      "/tenant/usage",
      undefined,
      500,
      "internal",
    ],
  ])("%s", async (_, error, path, body, status, code) => {
    const { namespace, stubs } = failing(error);
    const answer = await call(namespace, path, body);
    expect(answer).toMatchObject({ status, body: { status, code, retryable: status === 503 } });
    expect(answer.headers.has("retry-after")).toBe(status === 503);
    expect(stubs()).toBe(1);
    expect(answer.logged).toEqual([[error]]);
  });
});
