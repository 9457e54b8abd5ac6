/** Revoking a token revokes all that descend from it. */
import { expect, test } from "vitest";
import { HOUR_MS, refusalOf, START_MS, tenantAt, useSetClock } from "./tenant.ts";

useSetClock();

test("a token is revoked with any token that it descends from, and with no other", async () => {
  const tenant = tenantAt(START_MS);
  const call = (jti: string, ...ancestors: string[]) => tenant.run({ op: "config" }, { jti, ancestors });
  await tenant.run({ op: "revoke_token", id: "middle" });
  await call("root");
  await call("sibling", "root");
  expect(await refusalOf(call("middle", "root"))).toMatchObject({
    code: "token_revoked",
    detail: "this token was revoked",
  });
  expect(await refusalOf(call("leaf", "root", "middle"))).toMatchObject({
    code: "token_revoked",
    detail: "a token that this one was minted with was revoked",
  });
  const token = {
    ...{ jti: "new", scopes: ["check" as const] },
    ...{ expiresAtMs: START_MS + HOUR_MS, ancestors: ["root", "middle"] },
  };
  const mint = tenant.run({ op: "mint_token", token }, { jti: "leaf", ancestors: ["root", "middle"] });
  expect((await refusalOf(mint)).code).toBe("token_revoked");
});
