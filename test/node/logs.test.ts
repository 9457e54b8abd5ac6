import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "smol-toml";
import { expect, test } from "vitest";
import { ROOT } from "./wrangler.ts";

test("what Cloudflare logs of a deployed Worker has no path and no query, which name users", async () => {
  const { observability } = parse(await readFile(join(ROOT, "wrangler.toml"), "utf8"));
  expect(observability).toEqual({
    enabled: true,
    redact_query_string: true,
    logs: { enabled: true, invocation_logs: false },
    traces: { enabled: false },
  });
});
