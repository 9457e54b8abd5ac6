import { describe, expect, test } from "vitest";
import { startWorkerd } from "../../scripts/workerd.ts";
import { expectPageHolds } from "./page.ts";
import { ROOT, startWrangler, temporaryDir } from "./wrangler.ts";

const SERVICE = "http://127.0.0.1:8787";

describe("each command of a page prints what stands below it", () => {
  test("on the README's tour, and for the agent in Node after it", async () => {
    await using state = await temporaryDir();
    await using service = await startWrangler(["wrangler.toml"], state.path);
    const at = { page: SERVICE, here: service.url };
    expect(await expectPageHolds("README.md", at, "A tour in five minutes")).toBeGreaterThan(10);
    expect(await expectPageHolds("examples/http-agent/README.md", at)).toBe(2);
  });

  test("for the agent on a Worker", async () => {
    await using state = await temporaryDir();
    await using agent = await startWrangler(["examples/edge-agent/wrangler.toml", "wrangler.toml"], state.path);
    const at = { page: "http://127.0.0.1:8788", here: agent.url };
    expect(await expectPageHolds("examples/edge-agent/README.md", at)).toBe(4);
  });

  test("in an operator's night", async () => {
    const entry = new URL("scripts/clocked/worker.ts", `file://${ROOT}`);
    const service = await startWorkerd({ entry, durableObjects: { TENANT_BUDGET: "ClockedBudget" } });
    try {
      const at = { page: "http://127.0.0.1:8789", here: service.url };
      expect(await expectPageHolds("docs/an-operators-night.md", at)).toBeGreaterThan(20);
    } finally {
      await service.dispose();
    }
  });
});
