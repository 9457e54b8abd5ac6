/** The labels that a bound token may name besides its own. */
import { describe, expect, test } from "vitest";
import { newTenantPath, type Reply, send, sendJson } from "./http.ts";
import { SECRETS } from "./secrets.ts";
import { bearer, sign, tenantOf } from "./token.ts";

function as(token: string, method: string, path: string, body?: unknown): Promise<Reply> {
  const headers = { ...bearer(token), "content-type": "application/json" };
  return send(path, { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) });
}

const REFUSED = {
  status: 403,
  body: { code: "forbidden", detail: "this token cannot use the label team; it can use model, run" },
};
const TEAM = { labels: { team: "blue" } };

describe("a token bound to a user cannot name labels other than its own", () => {
  const path = newTenantPath();
  const alice = sign({ tenant: tenantOf(path), user: "alice", free_labels: ["run"] });

  test.each([
    ["a question", "POST", "/allows-step", TEAM],
    ["a consume", "POST", "/consume", TEAM],
    ["a reservation", "POST", "/reservations", TEAM],
    ["a question of a joined bucket", "GET", `/buckets/user_and_team/${encodeURIComponent('["alice","blue"]')}/usage`],
    ["a freeze", "POST", `/buckets/team_and_user/${encodeURIComponent('["blue","alice"]')}/freeze`, {}],
  ])("in %s", async (_, method, call, body?: object) => {
    expect(await as(await alice, method, path + call, body)).toMatchObject(REFUSED);
  });

  test("in an operation of a batch, which is refused alone", async () => {
    const bucket = { scope: "user_and_team", id: ["alice", "blue"] };
    const operations = [
      { op: "consume", ...TEAM },
      { op: "usage", bucket },
      { op: "consume", labels: { run: "r" } },
    ];
    const { body } = await as(await alice, "POST", `${path}/batch`, { operations });
    expect(body.results).toMatchObject([REFUSED, REFUSED, { status: 200 }]);
  });

  test("so that it cannot spend, block or read another team's budget", async () => {
    const tenant = newTenantPath();
    const token = await sign({ tenant: tenantOf(tenant), user: "alice", scope: "check consume reserve read" });
    await sendJson("PUT", `${tenant}/config`, { per_team_max_tokens: 100 });
    for (const call of ["consume", "allows-step", "reservations"]) {
      expect((await as(token, "POST", `${tenant}/${call}`, TEAM)).status).toBe(403);
    }
    expect((await send(`${tenant}/buckets/team/blue/usage`)).body).toMatchObject({ calls: 0 });
  });

  test("except the model, those in free_labels, and its own", async () => {
    const labels = { model: "gpt-4o", run: "r1" };
    expect(await as(await alice, "POST", `${path}/allows-step`, { labels })).toMatchObject({ status: 200 });
    const joined = `${path}/buckets/user_and_run/${encodeURIComponent('["alice","r1"]')}/usage`;
    expect(await as(await alice, "GET", joined)).toMatchObject({ status: 200 });
    const red = await sign({ tenant: tenantOf(path), user: "alice", labels: { team: "red" } });
    expect(await as(red, "POST", `${path}/allows-step`, { labels: { team: "red" } })).toMatchObject({ status: 200 });
  });
});

test("a token bound to labels alone names any label, unless its claims say which", async () => {
  const path = newTenantPath();
  const claims = { tenant: tenantOf(path), labels: { key: "k" } };
  expect(await as(await sign(claims), "POST", `${path}/allows-step`, TEAM)).toMatchObject({ status: 200 });
  const narrow = await sign({ ...claims, free_labels: ["run"] });
  expect(await as(narrow, "POST", `${path}/allows-step`, TEAM)).toMatchObject({ status: 403 });
});

describe("minting", () => {
  const mint = (path: string, request: object, token: string = SECRETS.ADMIN_TOKEN) =>
    as(token, "POST", `${path}/tokens`, request);

  test("gives free_labels that a bound token may name, and returns them", async () => {
    const path = newTenantPath();
    const { body } = await mint(path, { scope: "check", user: "alice", free_labels: ["run"] });
    expect(body).toMatchObject({ user: "alice", free_labels: ["run"] });
    expect(await as(body.token, "POST", `${path}/allows-step`, TEAM)).toMatchObject(REFUSED);
  });

  test.each([
    ["free labels it does not have", { free_labels: ["run", "team"] }],
    ["a label it may not name", { labels: { team: "blue" } }],
  ])("with a bound token gives no %s", async (_, asked) => {
    const path = newTenantPath();
    const own = (await mint(path, { scope: "admin", user: "alice", free_labels: ["run"] })).body.token;
    expect(await mint(path, { scope: "admin", ...asked }, own)).toMatchObject(REFUSED);
  });

  test("with a bound token gives its free labels, or fewer", async () => {
    const path = newTenantPath();
    const own = (await mint(path, { scope: "admin", user: "alice", free_labels: ["run"] })).body.token;
    expect((await mint(path, { scope: "admin" }, own)).body.free_labels).toEqual(["run"]);
    expect((await mint(path, { scope: "admin", free_labels: [] }, own)).body.free_labels).toEqual([]);
    expect((await mint(path, { scope: "admin", labels: { run: "r" } }, own)).body.labels).toEqual({ run: "r" });
  });

  test.each([
    ["for a token that is bound to nothing", { free_labels: ["run"] }, "/free_labels"],
    ["that are no labels' names", { user: "alice", free_labels: ["User"] }, "/free_labels/0"],
    ["that are no list", { user: "alice", free_labels: "run" }, "/free_labels"],
  ])("refuses free labels %s", async (_, asked, pointer) => {
    expect(await mint(newTenantPath(), { scope: "check", ...asked })).toMatchObject({
      status: 400,
      body: { code: "invalid_input", errors: [{ pointer }] },
    });
  });
});
