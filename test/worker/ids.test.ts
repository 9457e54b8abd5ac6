/** Any characters name exactly one user, tenant or label value. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cases, timeoutFor } from "../cases.ts";
import { newTenantPath, send, sendJson } from "./http.ts";

const CASES = cases(10);

const IDS = [
  "alice",
  "a/b?c#d",
  "użytkownik-7",
  "100%",
  "%2F",
  "a b+c&d=e;f",
  "\u0000",
  "line\nbreak",
  "…/../…",
  "👩‍💻",
  "null",
  "__proto__",
  "constructor",
  "'; DROP TABLE bucket; --",
  "x".repeat(256),
  "é".repeat(128),
];

describe("an id of any characters names one user and no other", () => {
  test.each(IDS)("user %j", async (id) => {
    const tenant = newTenantPath();
    await sendJson("POST", `${tenant}/consume`, { tokens_in: 7, user_id: id });
    await sendJson("POST", `${tenant}/consume`, { tokens_in: 1, user_id: `${id.slice(0, 1)}!` });
    const path = `${tenant}/users/${encodeURIComponent(id)}/usage`;
    expect(await send(path)).toMatchObject({ status: 200, body: { tokens_in: 7, calls: 1 } });
  });

  test.each(IDS)("tenant %j", async (id) => {
    const salt = crypto.randomUUID().slice(0, 8);
    const tenantId = id.length < 100 ? salt + id : id;
    const path = `/v1/tenants/${encodeURIComponent(tenantId)}`;
    const before = (await send(`${path}/tenant/usage`)).body.calls;
    await sendJson("POST", `${path}/consume`, { tokens_in: 1 });
    expect((await send(`${path}/tenant/usage`)).body.calls).toBe(before + 1);
    expect((await send(`${newTenantPath()}/tenant/usage`)).body.calls).toBe(0);
  });

  test("generated", { timeout: timeoutFor(CASES) }, async () => {
    const isId = (id: string) => id !== "." && id !== ".." && new TextEncoder().encode(id).length <= 256;
    const ids = fc.string({ unit: "binary", minLength: 1, maxLength: 64 }).filter(isId);
    await fc.assert(
      fc.asyncProperty(ids, async (id) => {
        const tenant = newTenantPath();
        await sendJson("POST", `${tenant}/consume`, { tokens_out: 3, user_id: id });
        const { body } = await send(`${tenant}/users/${encodeURIComponent(id)}/usage`);
        expect(body).toMatchObject({ tokens_out: 3, calls: 1 });
      }),
      { numRuns: CASES },
    );
  });
});

describe("an id that looks like a list", () => {
  const LISTED = '["x"]';

  test("names a label's value, by path and in a batch", async () => {
    const tenant = newTenantPath();
    await sendJson("PUT", `${tenant}/config`, { per_team_max_tokens: 10 });
    await sendJson("POST", `${tenant}/consume`, { labels: { team: LISTED }, tokens_in: 3 });
    expect(await send(`${tenant}/buckets/team/${encodeURIComponent(LISTED)}/usage`)).toMatchObject({
      status: 200,
      body: { scope: "team", id: LISTED, tokens_in: 3 },
    });
    const operations = [{ op: "usage", bucket: { scope: "team", id: LISTED } }];
    const { body } = await sendJson("POST", `${tenant}/batch`, { operations });
    expect(body.results).toMatchObject([{ status: 200, body: { id: LISTED, tokens_in: 3 } }]);
  });

  test("is a list for a compound scope", async () => {
    const tenant = newTenantPath();
    await sendJson("PUT", `${tenant}/config`, { per_user_and_team_max_tokens: 10 });
    await sendJson("POST", `${tenant}/consume`, { user_id: "a", labels: { team: LISTED }, tokens_in: 3 });
    const id = encodeURIComponent(JSON.stringify(["a", LISTED]));
    expect((await send(`${tenant}/buckets/user_and_team/${id}/usage`)).body).toMatchObject({ tokens_in: 3 });
  });
});
