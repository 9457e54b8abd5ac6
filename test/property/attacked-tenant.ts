/** A tenant under attack, and the checks that no attack harmed anyone. */
import { evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect } from "vitest";
import { newTenantPath, type Reply, send, sendJson } from "../worker/http.ts";
import { bearer, sign, tenantOf } from "../worker/token.ts";
import { type Attack, type Attacker, RESERVATION } from "./attacks.ts";

/** Limits too high to be reached by `consume`: only reservations or the number of buckets can block others. */
const CONFIG = {
  max_tokens: 1e12,
  max_tokens_per_30d: 1e12,
  max_cost_usd: 1e6,
  max_concurrent_calls: 6,
  max_users: 3,
  per_user_max_tokens: 1e11,
  per_user_max_tokens_per_30d: 1e11,
  per_team_max_cost_usd_per_30d: 1e5,
};
const BUCKETS = [
  { scope: "tenant" },
  { scope: "user", id: "victim" },
  { scope: "user", id: "mallory" },
  { scope: "user", id: "frozen" },
  { scope: "team", id: "blue" },
  { scope: "team", id: "red" },
];
const SECRET = "the operator's note";

interface Usage {
  readonly scope: string;
  readonly id: string | null;
  readonly tokens_total: number;
  readonly cost_usd: number;
  readonly calls: number;
  readonly frozen: object | null;
  readonly limits: readonly { readonly name: string; readonly max: number; readonly used: number }[];
}

/** A tenant with an operator and a user, the victim, whom no attacker may harm. */
export class AttackedTenant {
  readonly #path = newTenantPath();
  readonly #tokens = new Map<string, string>();
  readonly #reservations: string[] = [];
  #before: readonly Usage[] = [];
  #reports = 0;
  /** False once a caller that no share limits may have reserved all there is. */
  #isRoomLeft = true;

  /** Evicts the object, which closes its files: a process can only have so many open. */
  async end(): Promise<void> {
    await evictDurableObject(env.TENANT_BUDGET.getByName(tenantOf(this.#path)));
  }

  async prepare(): Promise<void> {
    await this.#operate([
      { op: "configure", config: CONFIG },
      { op: "freeze", bucket: { scope: "user", id: "frozen" }, note: SECRET },
      { op: "consume", user_id: "victim", labels: { team: "blue" }, tokens_in: 10, cost_usd: 0.5 },
      { op: "consume", user_id: "mallory", labels: { team: "red" }, tokens_in: 10, cost_usd: 0.5 },
    ]);
    const reserved = await this.#operate([{ op: "reserve", user_id: "victim", tokens: 5, ttl_seconds: 86_400 }]);
    this.#reservations.push(reserved[0]?.body.id);
    this.#before = await this.#usages();
  }

  /** Sends an attack's call, and checks that it did no harm. */
  async attack(attack: Attack): Promise<void> {
    const reply = await this.#send(attack);
    const { attacker, path } = attack;
    expect(reply.status).toBeLessThan(500);
    if (attacker.made.includes("revoked")) expect(reply.status).toBeGreaterThanOrEqual(400);
    const isBound = Object.keys(attacker.bound).length > 0;
    if (isBound) this.#expectNothingRead(reply);
    if (!isBound && reply.status < 300 && attacker.scope.includes("reserve")) this.#isRoomLeft = false;
    if (reply.status === 201 && path === "/reservations") this.#reservations.push(reply.body.id);
    await this.#expectUnharmed();
  }

  /** No total, window or freeze is lower than before, and the victim can still consume and reserve. */
  async #expectUnharmed(): Promise<void> {
    const idempotency_key = `key ${this.#reports}`;
    this.#reports += 1;
    const now = await this.#usages();
    for (const [i, usage] of now.entries()) expectNoLess(usage, this.#before[i]);
    const report = {
      user_id: "victim",
      labels: { team: "blue" },
      tokens_in: 3,
      idempotency_key,
    };
    const [consumed, frozen, reserved] = await this.#operate([
      { op: "consume", ...report },
      { op: "allows_step", user_id: "frozen" },
      { op: "reserve", user_id: "victim", tokens: 1, ttl_seconds: 60 },
    ]);
    expect(consumed?.status).toBe(200);
    if (this.#isRoomLeft) expect(consumed?.body.state).not.toBe("blocked");
    expect(consumed?.body).not.toHaveProperty("replayed");
    expect(frozen?.body).toMatchObject({ state: "blocked", reason: "frozen" });
    if (this.#isRoomLeft) expect(reserved?.status).toBe(201);
    if (reserved?.status === 201) await this.#operate([{ op: "release", id: reserved.body.id }]);
    this.#before = await this.#usages();
    const total = (usages: readonly Usage[]) => usages.find(({ id }) => id === "victim")?.tokens_total ?? 0;
    expect(total(this.#before)).toBe(total(now) + 3);
  }

  /** A bound caller's answer contains nothing of the victim, nor the operator's note. */
  #expectNothingRead({ status, body }: Reply): void {
    if (status >= 300 && status !== 402 && status !== 429) return;
    const results: { status: number; body: unknown }[] = body?.results ?? [{ status, body }];
    for (const result of results) {
      if (result.status >= 300) continue;
      const text = JSON.stringify(result.body);
      for (const secret of ["victim", "blue", SECRET, this.#reservations[0] ?? SECRET])
        expect(text).not.toContain(secret);
    }
  }

  async #send({ attacker, method, path, body }: Attack): Promise<Reply> {
    const headers = { ...bearer(await this.#tokenOf(attacker)), "content-type": "application/json" };
    const named = path.replace(RESERVATION, this.#reservations.at(-1) ?? "none");
    const hasBody = method !== "GET" && method !== "DELETE";
    return send(`${this.#path}${named}`, {
      method,
      headers,
      ...(hasBody && { body: JSON.stringify(this.#withReservation(body)) }),
    });
  }

  /** The body, in which operations on a reservation name the latest one. */
  #withReservation(body: unknown): unknown {
    const { operations } = body as { operations?: { op: string }[] };
    if (!operations) return body;
    const aim = (each: { op: string }) =>
      /commit|release|extend/.test(each.op) ? { ...each, id: this.#reservations.at(-1) ?? "none" } : each;
    return { operations: operations.map(aim) };
  }

  async #tokenOf({ bound, scope, made }: Attacker): Promise<string> {
    const name = JSON.stringify([bound, scope, made]);
    const known = this.#tokens.get(name);
    if (known !== undefined) return known;
    const token = await this.#make(bound, scope, made);
    this.#tokens.set(name, token);
    return token;
  }

  async #make(bound: Attacker["bound"], scope: string, made: Attacker["made"]): Promise<string> {
    const tenant = tenantOf(this.#path);
    const jti = crypto.randomUUID();
    if (made === "signed") return sign({ tenant, ...bound, scope, jti });
    const revoke = (id: string) => send(`${this.#path}/tokens/${id}`, { method: "DELETE" });
    if (made === "revoked") {
      await revoke(jti);
      return sign({ tenant, ...bound, scope, jti });
    }
    const mint = async (headers: Record<string, string>, asked: object) => {
      const init = {
        method: "POST",
        headers: { ...headers, "content-type": "application/json" },
        body: JSON.stringify(asked),
      };
      return (await send(`${this.#path}/tokens`, init)).body as { token: string; jti: string };
    };
    if (made === "minted") return (await mint({}, { ...bound, scope })).token;
    const parent = await mint({}, { ...bound, scope: `${scope} admin` });
    const { token } = await mint(bearer(parent.token), { scope });
    if (made === "minted by a revoked one") await revoke(parent.jti);
    return token;
  }

  async #usages(): Promise<Usage[]> {
    return (await this.#operate(BUCKETS.map((bucket) => ({ op: "usage", bucket })))).map(({ body }) => body as Usage);
  }

  // biome-ignore lint/suspicious/noExplicitAny: the test reads whatever the service answered
  async #operate(operations: readonly object[]): Promise<{ status: number; body: any }[]> {
    return (await sendJson("POST", `${this.#path}/batch`, { operations })).body.results;
  }
}

function expectNoLess(now: Usage, before: Usage | undefined): void {
  if (!before) return;
  for (const metric of ["tokens_total", "cost_usd", "calls"] as const) {
    expect([now.scope, now.id, metric, now[metric] >= before[metric]]).toEqual([now.scope, now.id, metric, true]);
  }
  expect(now.frozen).toEqual(before.frozen);
  for (const [i, limit] of now.limits.entries()) {
    expect([limit.name, limit.max]).toEqual([before.limits[i]?.name, before.limits[i]?.max]);
    expect(limit.used).toBeGreaterThanOrEqual(before.limits[i]?.used ?? 0);
  }
}
