/** The API reference renders in a browser and calls no other host. */
import type { Page } from "playwright-core";
import { expect, test, vi } from "vitest";
import { startBrowser } from "./browser.ts";
import { startWrangler, temporaryDir } from "./wrangler.ts";

/** Not a loopback name, so that the page behaves as it does in production. */
const SITE = "http://budget.example";

test("the reference renders its operations and calls no other host", async (context) => {
  await using browser = await startBrowser(context);
  await using state = await temporaryDir();
  await using service = await startWrangler(["wrangler.toml"], state.path);
  const page = await browser.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  page.on("pageerror", ({ message }) => complaints.push(message));
  const others = await serveOnly(page, service.url);

  await page.goto(`${SITE}/docs`);
  const consume = page.locator("#operations-Steps-consume");
  await consume.getByRole("button").first().click();
  await consume.getByRole("button", { name: "Try it out" }).click();
  await consume.getByPlaceholder("tenant").fill("acme");
  await consume.getByRole("button", { name: "Execute" }).click();
  await consume.getByText('"unauthenticated"').first().waitFor();

  expect(others).toEqual([]);
  // The refused call, and nothing that the page's policy blocked.
  await vi.waitFor(() => expect(complaints).toEqual([expect.stringContaining("401")]));
});

test("no path but the reference's serves a file of its package", async () => {
  await using state = await temporaryDir();
  await using service = await startWrangler(["wrangler.toml"], state.path);
  for (const path of ["/", "/index.html", "/README.md", "/swagger-ui.css", "/swagger-ui-bundle.js.map"]) {
    const answer = await fetch(`${service.url}${path}`, { redirect: "manual" });
    expect.soft({ path, status: answer.status, body: await answer.json() }).toMatchObject({
      status: 404,
      body: { code: "not_found" },
    });
  }
});

/** Forwards the page's requests to `SITE` to the service and blocks all others, whose URLs it returns. */
async function serveOnly(page: Page, url: string): Promise<readonly string[]> {
  const others: string[] = [];
  await page.route("**/*", async (route) => {
    const asked = route.request().url();
    if (asked.startsWith(`${SITE}/`)) {
      return route.fulfill({ response: await route.fetch({ url: asked.replace(SITE, url) }) });
    }
    others.push(asked);
    return route.abort();
  });
  return others;
}
