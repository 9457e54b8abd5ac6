import { expect, test } from "vitest";
import { HOUR_MS, refusalIn, START_MS, tenantAt, useSetClock, valueIn } from "./tenant.ts";

useSetClock();

test("a token falls with any token that it descends from, and with no other", async () => {
  const tenant = tenantAt(START_MS);
  const admit = (jti: string, ...ancestors: string[]) => tenant.run({ op: "admit" }, { jti, ancestors });
  valueIn(await tenant.run({ op: "revoke_token", jti: "middle", forgetAtMs: START_MS + HOUR_MS }));
  valueIn(await admit("root"));
  valueIn(await admit("sibling", "root"));
  expect(refusalIn(await admit("middle", "root"))).toMatchObject({
    code: "token_revoked",
    detail: "this token was revoked",
  });
  expect(refusalIn(await admit("leaf", "root", "middle"))).toMatchObject({
    code: "token_revoked",
    detail: "the token that this one was minted with was revoked",
  });
  const minting = { jti: "new", scopes: ["check"], expiresAtMs: START_MS + HOUR_MS, ancestors: ["root", "middle"] };
  const minted = await tenant.run({ op: "mint_token", ...minting }, { jti: "leaf", ancestors: ["root", "middle"] });
  expect(refusalIn(minted).code).toBe("token_revoked");
});
