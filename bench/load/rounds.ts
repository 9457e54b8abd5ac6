/** What each case sends in a round, and the answers it expects. */
import type { Connection, Response } from "./connection.ts";
import type { CaseName, Job } from "./job.ts";

/** One round of a case on a connection; `index` counts the job's rounds from 0. */
export type Round = (connection: Connection, index: number) => Promise<void>;

/** How many operations one round of a case is. */
export function operationsIn(name: CaseName): number {
  if (name === "seed") return SEED_BATCH;
  return name.startsWith("batch-") ? Number(name.slice("batch-".length)) : 1;
}

/** How many users one round of `seed` gives a bucket. */
export const SEED_BATCH = 1000;

/** What every call spends. */
const SPENT = '"tokens_in":700,"tokens_out":120,"cost_usd":0.0071';
/** What every reservation asks for. */
const HELD = '"tokens":1000,"cost_usd":0.01,"ttl_seconds":60';

/** Batches are made before the clock runs: printing a thousand operations is not what is measured. */
const PREPARED_BATCHES = 64;

export function roundOf(job: Job): Round {
  const { tenant, tenants, users } = job;
  const anyTenant = () => `${tenant}-${Math.floor(Math.random() * tenants)}`;
  const anyUser = () => `"user_id":"user-${Math.floor(Math.random() * users)}"`;
  const post = (path: string, body: string, headers = "") =>
    `POST ${path} HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer ${job.token}\r\n${headers}` +
    `content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
  const below = (name: string) => `/v1/tenants/${name}`;
  const consumeBody = () => `{${anyUser()},${SPENT}}`;

  switch (job.case) {
    case "hello": {
      const request = "GET /hello HTTP/1.1\r\nhost: bench\r\n\r\n";
      return async (connection) => expect(await connection.send(request), 200);
    }
    case "echo":
    case "consume":
      return async (connection) =>
        expect(await connection.send(post(`${below(anyTenant())}/consume`, consumeBody())), 200);
    case "keyed-consume":
      return async (connection) => {
        const key = `idempotency-key: ${crypto.randomUUID()}\r\n`;
        expect(await connection.send(post(`${below(anyTenant())}/consume`, consumeBody(), key)), 200);
      };
    case "allows-step":
      return async (connection) =>
        expect(await connection.send(post(`${below(anyTenant())}/allows-step`, `{${anyUser()}}`)), 200);
    case "reserve+commit":
      return async (connection) => {
        const reservations = `${below(anyTenant())}/reservations`;
        const held = await connection.send(post(reservations, `{${anyUser()},${HELD}}`));
        expect(held, 201);
        const { id } = JSON.parse(held.body.toString());
        expect(await connection.send(post(`${reservations}/${id}/commit`, `{${SPENT}}`)), 200);
      };
    case "batch-100":
    case "batch-1000": {
      const size = operationsIn(job.case);
      const operation = () => `{"op":"consume",${anyUser()},${SPENT}}`;
      const batches = Array.from({ length: PREPARED_BATCHES }, () => {
        const operations = Array.from({ length: size }, operation).join(",");
        return Buffer.from(post(`${below(anyTenant())}/batch`, `{"operations":[${operations}]}`));
      });
      return async (connection, index) => {
        const batch = batches[index % PREPARED_BATCHES] as Buffer;
        expectAll(await connection.send(batch), size);
      };
    }
    case "seed":
      return async (connection, index) => {
        const operations = Array.from(
          { length: SEED_BATCH },
          (_, i) => `{"op":"consume","user_id":"user-${index * SEED_BATCH + i}",${SPENT}}`,
        );
        const batch = post(`${below(`${tenant}-0`)}/batch`, `{"operations":[${operations.join(",")}]}`);
        expectAll(await connection.send(batch), SEED_BATCH);
      };
  }
}

function expect({ status, body }: Response, expected: number): void {
  if (status !== expected) throw new Error(`answered ${status}, not ${expected}: ${body.toString()}`);
}

/** Each operation of a batch has an answer of its own; all must be 200. */
function expectAll(response: Response, size: number): void {
  expect(response, 200);
  const text = response.body.toString("latin1");
  const succeeded = text.split('"status":200').length - 1;
  if (succeeded !== size) throw new Error(`a batch of ${size} had ${succeeded} answers of 200: ${text.slice(0, 500)}`);
}
