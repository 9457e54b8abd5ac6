/** A fault in one operation of a batch affects no other. */
import { expect, test } from "vitest";
import { configured, useSetClock } from "./tenant.ts";
import { interceptSql } from "./written.ts";

useSetClock();

test("a fault in a batch is reported by its own operation, and the others count", async () => {
  const tenant = await configured();
  await interceptSql(tenant, (exec, sql, ...bindings) => {
    if (sql.includes("INTO config")) throw new Error("disk I/O error");
    return exec(sql, ...bindings);
  });
  const answers = await tenant.batch([
    { op: "consume", tokens_in: 1 },
    { op: "configure", config: { max_calls: 5 } },
    { op: "consume", tokens_in: 2 },
  ]);
  await interceptSql(tenant, undefined);
  expect(answers).toMatchObject([{ ok: true }, { ok: false, refusal: { code: "unavailable" } }, { ok: true }]);
  expect(await tenant.usage()).toMatchObject({ tokens_in: 3, calls: 2, limits: [] });
  expect((await tenant.audit()).ok).toBe(true);
});
