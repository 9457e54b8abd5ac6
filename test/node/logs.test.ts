/** Cloudflare's own logs of the Worker contain nothing that can name users. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "smol-toml";
import { expect, test } from "vitest";
import { ROOT } from "./wrangler.ts";

test("Cloudflare's logs of a deployed Worker have no path and no query, which can name users", async () => {
  const { observability } = parse(await readFile(join(ROOT, "wrangler.toml"), "utf8"));
  expect(observability).toEqual({
    enabled: true,
    redact_query_string: true,
    logs: { enabled: true, invocation_logs: false },
    traces: { enabled: false },
  });
});
