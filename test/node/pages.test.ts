/** The documentation's commands print the output shown below them. */
import { describe, expect, test } from "vitest";
import { startWorkerd } from "../../scripts/workerd.ts";
import { SECRETS } from "../worker/secrets.ts";
import { expectPageHolds } from "./page.ts";
import { ROOT, startWrangler, temporaryDir } from "./wrangler.ts";

const SERVICE = "http://127.0.0.1:8787";
const CLOCKED = "http://127.0.0.1:8789";
/** Three pages a test, and a process for each command if curl is not installed. */
const PAGES_MS = 120_000;
/** The token with which the pages about a set clock start the service. */
const CLOCKED_TOKEN = "an-operators-token-for-a-night-01";

describe("each command of a page prints the output shown below it", () => {
  test(
    "in the README, pasted twice, for the agent in Node, and in a batch",
    async () => {
      await using state = await temporaryDir();
      await using service = await startWrangler(["wrangler.toml"], state.path);
      const here = { [SERVICE]: service.url, ".dev.vars": service.secretsFile };
      for (let paste = 1; paste <= 2; paste += 1) {
        expect(await expectPageHolds("README.md", here, "Ten lines of use")).toBeGreaterThan(5);
        expect(await expectPageHolds("README.md", here, "A tour in five minutes")).toBeGreaterThan(15);
      }
      expect(await expectPageHolds("examples/http-agent/README.md", here)).toBe(4);
      expect(await expectPageHolds("docs/idempotency-and-batches.md", here)).toBeGreaterThan(5);
    },
    PAGES_MS,
  );

  test("for the agent on a Worker", async () => {
    await using state = await temporaryDir();
    await using agent = await startWrangler(["examples/edge-agent/wrangler.toml", "wrangler.toml"], state.path);
    expect(await expectPageHolds("examples/edge-agent/README.md", { "http://127.0.0.1:8788": agent.url })).toBe(5);
  });

  test(
    "in an operator's night, for a reservation and in the ledger, under a set clock",
    async () => {
      await using service = await startClocked();
      const here = { [CLOCKED]: service.url };
      expect(await expectPageHolds("docs/an-operators-night.md", here)).toBeGreaterThan(20);
      expect(await expectPageHolds("docs/reservations.md", here)).toBeGreaterThan(15);
      expect(await expectPageHolds("docs/ledger.md", here)).toBeGreaterThan(10);
    },
    PAGES_MS,
  );
});

async function startClocked() {
  const service = await startWorkerd({
    entry: new URL("scripts/clocked/worker.ts", `file://${ROOT}`),
    durableObjects: { TENANT_BUDGET: "ClockedBudget" },
    vars: { ...SECRETS, ADMIN_TOKEN: CLOCKED_TOKEN, REQUEST_LOG: "off" },
  });
  return { url: service.url, [Symbol.asyncDispose]: () => service.dispose() };
}
