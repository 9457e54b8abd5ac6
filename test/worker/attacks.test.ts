/** Paths and ids that a client normalizes reach nothing else. */
import { describe, expect, test } from "vitest";
import { newTenantPath, send, sendJson } from "./http.ts";

/** What a caller sends that must reach nothing, what it reached before, and what it gets now. */
interface Attack {
  readonly attack: string;
  readonly method: string;
  /** Below the tenant's path. */
  readonly path: string;
  readonly before: string;
  readonly status: number;
}

const VERBS: readonly (readonly [method: string, verb: string])[] = [
  ["GET", "usage"],
  ["PUT", "limits"],
  ["DELETE", "limits"],
  ["POST", "adjust"],
  ["POST", "reset"],
  ["POST", "freeze"],
  ["POST", "unfreeze"],
];
const DOTS = ["..", "%2e%2e", ".%2E"];

/** An id of two dots, which a URL without them is made of before it is sent. */
const DOTTED: readonly Attack[] = VERBS.flatMap(([method, verb]) => [
  ...DOTS.map((dots) => ({
    attack: `the user ${dots}`,
    method,
    path: `/users/${dots}/${verb}`,
    before: `${verb} of the tenant`,
    status: 404,
  })),
  ...DOTS.map((dots) => ({
    attack: `the label's value ${dots}`,
    method,
    path: `/buckets/team/${dots}/${verb}`,
    before: "no bucket",
    status: 404,
  })),
  {
    attack: "two dots as scope and as id",
    method,
    path: `/buckets/../../${verb}`,
    before: "no bucket",
    // A tenant that is named like the verb, which takes nothing but a confirmed DELETE.
    status: method === "DELETE" ? 400 : 405,
  },
]);

describe("a path that a client normalizes names no other bucket", () => {
  test.each(DOTTED)("$method $path: was $before", async ({ method, path, status }) => {
    const tenant = newTenantPath();
    await sendJson("PUT", `${tenant}/config`, { max_tokens: 100 });
    await sendJson("POST", `${tenant}/consume`, { user_id: "alice", tokens_in: 7 });
    const before = await send(`${tenant}/export`);
    const reply = method === "GET" ? await send(tenant + path) : await sendJson(method, tenant + path, { note: "n" });
    expect(reply.status).toBe(status);
    expect(await send(`${tenant}/export`)).toMatchObject({ body: before.body });
  });

  test.each(VERBS)("%s %s without /tenant/ is not a route", async (method, verb) => {
    const reply = await sendJson(method, `${newTenantPath()}/${verb}`, method === "GET" ? undefined : {});
    expect(reply).toMatchObject({ status: 404, body: { code: "not_found" } });
  });
});

describe("no id is a dot segment of a path", () => {
  const refused = {
    status: 400,
    body: { code: "invalid_input", errors: [{ detail: expect.stringContaining('"."') }] },
  };

  test.each([".", ".."])("%j", async (dots) => {
    const tenant = newTenantPath();
    const bodies = [{ user_id: dots }, { labels: { team: dots } }, { model: dots }, { provider: dots }];
    for (const body of bodies) expect(await sendJson("POST", `${tenant}/consume`, body)).toMatchObject(refused);
    expect(await sendJson("POST", `${tenant}/tokens`, { scope: "check", user: dots })).toMatchObject(refused);
    const bucket = { scope: "user", id: dots };
    const { body } = await sendJson("POST", `${tenant}/batch`, {
      operations: [
        { op: "reset", bucket },
        { op: "release", id: dots },
        { op: "reset", bucket: { scope: "user_and_team", id: [dots, "red"] } },
      ],
    });
    expect(body.results).toMatchObject(Array(3).fill({ status: 400, body: { code: "invalid_path" } }));
  });

  test("an idempotency_key can be one, since it is in no path", async () => {
    const spend = () => sendJson("POST", `${tenant}/consume`, { tokens_in: 5, idempotency_key: ".." });
    const tenant = newTenantPath();
    await spend();
    expect((await spend()).body.replayed).toBe(true);
  });
});
