/** The cache of verified tokens is bounded by time, number and bytes. */
import { expect, test } from "vitest";
import type { Grant } from "../../../src/worker/access/grant.ts";
import { VerifiedTokens } from "../../../src/worker/access/verified-tokens.ts";

const lasting = (seconds: number): Grant => ({
  tenant: "acme",
  jti: "j",
  scopes: new Set(["check"]),
  ancestors: [],
  expiresAtMs: Date.now() + seconds * 1000,
});

test("a token is cached until it expires, with the allowed clock skew", () => {
  const tokens = new VerifiedTokens();
  tokens.put("a", lasting(-29));
  tokens.put("b", lasting(-31));
  expect([tokens.get("a")?.tenant, tokens.get("b"), tokens.get("c")]).toEqual(["acme", undefined, undefined]);
  expect(tokens.size).toBe(1);
});

test("the first verified of too many tokens is dropped", () => {
  const tokens = new VerifiedTokens(2, 1000);
  for (const token of ["a", "b", "a", "c"]) tokens.put(token, lasting(60));
  expect(["a", "b", "c"].map((token) => tokens.get(token) !== undefined)).toEqual([true, false, true]);
});

test("the cache is bounded by the bytes of its tokens", () => {
  const tokens = new VerifiedTokens(1000, 100);
  for (const [i, letter] of [..."abcdef"].entries()) tokens.put(letter.repeat(40 + i), lasting(60));
  expect(tokens.size).toBe(2);
  tokens.put("g".repeat(101), lasting(60));
  expect(tokens.size).toBe(0);
});
