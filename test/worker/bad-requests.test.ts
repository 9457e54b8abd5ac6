/** Invalid requests get the documented status and code. */
import { expect, test } from "vitest";
import { BAD_REQUESTS, type BadRequest, printRequest, requestInit } from "./bad-requests.ts";
import { newTenantPath, send } from "./http.ts";

function sendBad(bad: BadRequest, tenant: string) {
  const [, path = ""] = bad.request.split(" ");
  const init = requestInit(bad);
  // A string body would be given a content type of its own.
  if (typeof init.body === "string") init.body = new TextEncoder().encode(init.body);
  return send(path.replace(/^T/, tenant), init);
}

test.each(BAD_REQUESTS)("$wrong gets $status $code", async (bad) => {
  const tenant = newTenantPath();
  const reply = await sendBad(bad, tenant);
  expect(reply).toMatchObject({ status: bad.status, body: { status: bad.status, code: bad.code } });
  expect(reply.headers.get("content-type")).toBe("application/problem+json");
  if (bad.pointer !== undefined) expect(reply.body.errors[0]).toMatchObject({ pointer: bad.pointer });
  if (bad.status === 405) expect(reply.headers.get("allow")).toMatch(/GET|POST/);
  expect((await send(`${tenant}/tenant/usage`)).body).toMatchObject({
    tokens_total: 0,
    cost_usd: 0,
    calls: 0,
    users: 0,
  });
  expect((await send(`${tenant}/config`)).body).toEqual({});
});

test("the table in the docs is up to date", async () => {
  const tenant = newTenantPath();
  const cell = (text: string) => text.replaceAll("|", "\\|");
  const rows = ["| what is wrong | request | status | code | detail |", "|---|---|---|---|---|"];
  for (const bad of BAD_REQUESTS) {
    const { status, body } = await sendBad(bad, tenant);
    const detail = body.detail.replaceAll(tenant, "T").replace(/x{100,}/, "x…");
    rows.push(`| ${bad.wrong} | \`${cell(printRequest(bad))}\` | ${status} | \`${body.code}\` | ${cell(detail)} |`);
  }
  const intro =
    "# What a bad request gets\n\n`T` is `/v1/tenants/acme`. Nothing of a refused request takes effect.\n\n";
  await expect(`${intro}${rows.join("\n")}\n`).toMatchFileSnapshot("../../docs/bad-requests.md");
});
