/** Node + Hono + PostgreSQL: each step is a transaction that locks two rows. */
import { Pool } from "pg";
import { LIMITS, listen, type Step } from "./listen.ts";

const SCHEMA = `
  -- Room on the page for a row's next version, so that an update touches no index.
  CREATE TABLE account (
    id text PRIMARY KEY,
    tokens bigint NOT NULL DEFAULT 0,
    cost_nano_usd bigint NOT NULL DEFAULT 0,
    calls bigint NOT NULL DEFAULT 0
  ) WITH (fillfactor = 50);
  CREATE TABLE ledger (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT now(),
    tenant text NOT NULL,
    key text,
    entry jsonb NOT NULL,
    UNIQUE (tenant, key)
  )`;
const CREATE = "INSERT INTO account (id) VALUES ($1), ($2) ON CONFLICT DO NOTHING";
const LOCK = "SELECT id, tokens, cost_nano_usd FROM account WHERE id IN ($1, $2) ORDER BY id FOR UPDATE";
const LEDGER = "INSERT INTO ledger (tenant, key, entry) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING id";
const CHARGE =
  "UPDATE account SET tokens = tokens + $3, cost_nano_usd = cost_nano_usd + $4, calls = calls + 1 WHERE id IN ($1, $2)";

interface AccountRow {
  id: string;
  tokens: string;
  cost_nano_usd: string;
}

// Pipelined, so that a transaction takes two round trips and not five.
const pool = new Pool({
  host: "127.0.0.1",
  port: Number(process.argv[2]),
  user: "bench",
  database: "postgres",
  max: 32,
  pipeline: true,
});
await pool.query(SCHEMA);

listen(async (step) => {
  const ids = [`tenant:${step.tenant}`, `user:${step.tenant}:${step.user}`] as const;
  const tokens = step.inputTokens + step.outputTokens;
  const client = await pool.connect();
  try {
    const [, locked, added] = await Promise.all([
      client.query("BEGIN"),
      client.query<AccountRow>({ name: "lock", text: LOCK, values: [...ids] }),
      client.query({ name: "ledger", text: LEDGER, values: [step.tenant, step.key ?? null, entryOf(step)] }),
    ]);
    if (locked.rows.length < ids.length) await client.query({ name: "create", text: CREATE, values: [...ids] });
    // The key is already in the ledger: the step was charged, and is decided on the current totals.
    const isNew = added.rowCount === 1;
    const charge = { name: "charge", text: CHARGE, values: [...ids, tokens, step.costNanoUsd] };
    await Promise.all([...(isNew ? [client.query(charge)] : []), client.query("COMMIT")]);
    const usedBefore = (id: string) => locked.rows.find((row) => row.id === id);
    return decide(ids.map((id) => totalsAfter(usedBefore(id), isNew ? tokens : 0, isNew ? step.costNanoUsd : 0)));
  } catch (error) {
    await client.query("ROLLBACK");
    throw error;
  } finally {
    client.release();
  }
});

interface Totals {
  readonly tokens: number;
  readonly costUsd: number;
}

function totalsAfter(row: AccountRow | undefined, tokens: number, costNanoUsd: number): Totals {
  return {
    tokens: Number(row?.tokens ?? 0) + tokens,
    costUsd: (Number(row?.cost_nano_usd ?? 0) + costNanoUsd) / 1e9,
  };
}

function decide([tenant, user]: readonly Totals[]): object {
  const readings = [
    { limit: "max_tokens", used: tenant?.tokens ?? 0, max: LIMITS.max_tokens },
    { limit: "max_cost_usd", used: tenant?.costUsd ?? 0, max: LIMITS.max_cost_usd },
    { limit: "per_user_max_tokens", used: user?.tokens ?? 0, max: LIMITS.per_user_max_tokens },
    { limit: "per_user_max_cost_usd", used: user?.costUsd ?? 0, max: LIMITS.per_user_max_cost_usd },
  ];
  const blocked = readings.find(({ used, max }) => used >= max);
  const warned = readings.find(({ used, max }) => used >= max * LIMITS.soft_warning_at);
  const limit = (blocked ?? warned)?.limit ?? null;
  const left = (metric: string) =>
    Math.min(...readings.filter((r) => r.limit.endsWith(metric)).map(({ used, max }) => Math.max(0, max - used)));
  return {
    state: blocked ? "blocked" : warned ? "warn" : "ok",
    reason: limit,
    limit,
    remaining: { tokens: left("tokens"), cost_usd: left("cost_usd") },
    retry_after: null,
  };
}

function entryOf({ user, inputTokens, outputTokens, costNanoUsd }: Step): string {
  return JSON.stringify({ kind: "consume", user, inputTokens, outputTokens, costNanoUsd });
}
