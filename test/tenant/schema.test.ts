/** Shipped migrations do not change. */
import { expect, test } from "vitest";
import { MIGRATIONS } from "../../src/tenant/store/schema.ts";

/** The migrations that objects may have run, by the SHA-256 of their text. */
const SHIPPED: readonly string[] = [
  "d70ad7cb6927c356c5417a92a0631c0292b8cfcb71b299090d1c5a5340331e85",
  "45a6bbf2d5a6880b96ba414458df0a6d50743a25b283133fb4db5a89bdaae118",
  "06c5035e9aac20fd7fb645f15042fe62514444f3086e6684b05a238b94fb4d60",
];

test("no shipped migration changes: a change is a new migration, whose hash is added here", async () => {
  const hashes = await Promise.all(
    MIGRATIONS.map(async (step) => {
      const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(step));
      return [...new Uint8Array(hash)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    }),
  );
  expect(hashes).toEqual(SHIPPED);
});
