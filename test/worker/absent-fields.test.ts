/** An optional field of null is as if it was not sent. */
import { describe, expect, test } from "vitest";
import { newTenantPath, type Reply, send, sendJson } from "./http.ts";

const USED = ["tokens_in", "tokens_out", "cost_usd", "cache_read_input_tokens", "cache_write_input_tokens"];
const ESTIMATED = ["tokens", "input_tokens", "output_tokens", "cost_usd"];
const STEP = ["user_id", "labels", "model", "provider", "detail"];

const nulls = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, null]));

describe("null for every optional field", () => {
  test.each([
    ["allows-step", [...STEP, ...ESTIMATED]],
    ["consume", [...STEP, ...USED, "reasoning_output_tokens", "idempotency_key"]],
    ["quote", [...STEP, ...USED]],
  ])("is an empty body for %s, with the same answer and header fields", async (call, names) => {
    const answers: Reply[] = [];
    for (const body of [{}, nulls(names)]) {
      const tenant = newTenantPath();
      await sendJson("PUT", `${tenant}/config`, { max_calls: 5 });
      answers.push(await sendJson("POST", `${tenant}/${call}`, body));
    }
    const [absent, isNull] = answers;
    expect(isNull?.status).toBe(200);
    expect(isNull?.body).toEqual(absent?.body);
    expect(isNull?.headers.get("ratelimit-policy")).toBe(absent?.headers.get("ratelimit-policy"));
  });

  test("is an empty body for a reservation, its extension, its commits and its release, alone or in a batch", async () => {
    const tenant = newTenantPath();
    const terms = nulls(["ttl_seconds", "on_expiry", "if_short", "idempotency_key", ...ESTIMATED, "provider"]);
    const spent = nulls([...USED, "model", "provider", "final", "detail", "idempotency_key"]);
    const post = (path: string, body: object) => sendJson("POST", tenant + path, body);
    const { status, body } = await post("/reservations", { ...terms, ...nulls(["user_id", "labels", "model"]) });
    expect([status, body.granted.tokens, body.on_expiry]).toEqual([201, 0, "release"]);
    const { results } = (
      await post("/batch", {
        operations: [
          { op: "extend", id: body.id, ...terms },
          { op: "commit", id: body.id, ...spent, final: false },
          { op: "release", id: body.id, idempotency_key: null },
        ],
      })
    ).body;
    expect(results.map((each: Reply) => each.status)).toEqual([200, 200, 200]);
    expect((await send(`${tenant}/tenant/usage`)).body).toMatchObject({ calls: 1, tokens_total: 0 });
  });

  test("is an empty field beside the Idempotency-Key header", async () => {
    const tenant = newTenantPath();
    const init = {
      method: "POST",
      headers: { "content-type": "application/json", "idempotency-key": "k" },
      body: JSON.stringify({ tokens_in: 5, idempotency_key: null }),
    };
    expect((await send(`${tenant}/consume`, init)).body).not.toHaveProperty("replayed");
    expect((await send(`${tenant}/consume`, init)).body).toMatchObject({ replayed: true });
  });
});

test("null is an error for what is required, and has its own meaning where it is documented", async () => {
  const tenant = newTenantPath();
  await sendJson("POST", `${tenant}/consume`, { tokens_in: 5, user_id: null });
  expect((await send(`${tenant}/anonymous/usage`)).body.tokens_in).toBe(5);
  for (const body of [{ note: null }, { note: "n", tokens_in: null, tokens_im: null }]) {
    expect((await sendJson("POST", `${tenant}/tenant/adjust`, body)).status).toBe(400);
  }
});
