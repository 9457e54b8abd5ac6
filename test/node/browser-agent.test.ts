/** The example agent on a web page, in Chromium. */
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { serveSite } from "../../examples/browser-agent/site.ts";
import { startExample } from "../../examples/browser-agent/start.ts";
import { startBrowser } from "./browser.ts";
import { freePort } from "./wrangler.ts";

const UNTIL_BLOCKED = [
  "step 1: 200 in, 150 out; the next is ok",
  "step 2: 400 in, 150 out; the next is ok",
  "step 3: 600 in, 150 out; the next is ok",
  "step 4: 800 in, 150 out; the next is ok",
  "step 5: 1000 in, 150 out; the next is ok",
  "step 6: 1200 in, 150 out; the next is blocked",
  "stopped by per_user_max_tokens",
];

test("an agent in a browser spends its user's budget, and reaches nobody else's", async (context) => {
  await using browser = await startBrowser(context);
  await using example = await startExample({ site: await freePort(), service: await freePort() });
  const page = await browser.newPage();
  await page.goto(example.site);

  expect(await click(page, "Work until blocked")).toEqual(UNTIL_BLOCKED);
  expect(await click(page, "Work until blocked")).toEqual(["stopped by per_user_max_tokens"]);
  expect(await click(page, "What have I spent?")).toEqual(["alice has spent 5100 tokens in 6 calls"]);
  expect(await click(page, "Hold 2,000 tokens")).toEqual([
    "refused, 402 budget_exhausted: not enough is left under per_user_max_tokens",
  ]);
  expect(await click(page, "What has Bob spent?")).toEqual([
    "refused, 403 forbidden: this token is bound, and this bucket is not its own",
  ]);
  expect(await click(page, "Ask another tenant")).toEqual(["refused, 403 forbidden: this token is for another tenant"]);

  await raise(example, 20_000);
  expect(await click(page, "Hold 2,000 tokens")).toEqual([
    expect.stringMatching(/^held as [0-9A-Z]{26}$/),
    "given back: released",
  ]);
  expect(await click(page, "Work until blocked")).toHaveLength(13);
  expect(await click(page, "What have I spent?")).toEqual(["alice has spent 22500 tokens in 18 calls"]);
});

test("a page of an origin that is not allowed cannot read the budget", async (context) => {
  await using browser = await startBrowser(context);
  await using example = await startExample({ site: await freePort(), service: await freePort() });
  const { service, adminToken } = example;
  await using other = await serveSite({
    service,
    tenant: "acme",
    user: "alice",
    token: adminToken,
    port: await freePort(),
  });
  const page = await browser.newPage();
  await page.goto(other.url);
  expect(await click(page, "What have I spent?")).toEqual(["failed, TypeError: Failed to fetch"]);
});

/** Clicks a button, and returns the lines that the page shows until it is done. */
async function click(page: Page, button: string): Promise<string[]> {
  const lines = page.locator("#log li");
  const before = await lines.count();
  const done = page.locator("#log li", { hasText: /^done$/ });
  const doneBefore = await done.count();
  await page.getByRole("button", { name: button }).click();
  await done.nth(doneBefore).waitFor();
  return (await lines.allTextContents()).slice(before, -1);
}

async function raise({ service, adminToken }: { service: string; adminToken: string }, max_tokens: number) {
  const response = await fetch(`${service}/v1/tenants/acme/users/alice/limits`, {
    method: "PUT",
    headers: { authorization: `Bearer ${adminToken}`, "content-type": "application/json" },
    body: JSON.stringify({ max_tokens }),
  });
  expect(response.status).toBe(200);
}
