import { expect, test } from "vitest";
import { HOUR_MS, refusalOf, START_MS, tenantAt, useSetClock } from "./tenant.ts";

useSetClock();

test("a token is revoked with any token that it descends from, and with no other", async () => {
  const tenant = tenantAt(START_MS);
  const admit = (jti: string, ...ancestors: string[]) => tenant.run({ op: "admit" }, { jti, ancestors });
  await tenant.run({ op: "revoke_token", jti: "middle", forgetAtMs: START_MS + HOUR_MS });
  await admit("root");
  await admit("sibling", "root");
  expect(await refusalOf(admit("middle", "root"))).toMatchObject({
    code: "token_revoked",
    detail: "this token was revoked",
  });
  expect(await refusalOf(admit("leaf", "root", "middle"))).toMatchObject({
    code: "token_revoked",
    detail: "the token that this one was minted with was revoked",
  });
  const minting = { jti: "new", scopes: ["check"], expiresAtMs: START_MS + HOUR_MS, ancestors: ["root", "middle"] };
  const mint = tenant.run({ op: "mint_token", ...minting }, { jti: "leaf", ancestors: ["root", "middle"] });
  expect((await refusalOf(mint)).code).toBe("token_revoked");
});
