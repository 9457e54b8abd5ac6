/** The test itself: load, kills, restarts and the comparison at the end. */
import { setTimeout } from "node:timers/promises";
import { BudgetClient } from "../../src/client/index.ts";
import type { AuditResponse } from "../../src/wire/index.ts";
import { newDevSecrets } from "../dev-secrets.ts";
import { readLedger } from "../read-ledger.ts";
import { type Service, serveBundle } from "../selfhost/serve-bundle.ts";
import { type Accounting, accountFor } from "./accounting.ts";
import { Client } from "./client.ts";
import { Dice } from "./dice.ts";
import { SHORT_TTL_SECONDS } from "./requests.ts";
import { totalsThatDiffer } from "./totals.ts";

const TENANT = "crash";
/** The load goes on for a random time of these milliseconds before each kill. */
const KILL_AFTER_MS = { least: 20, most: 1200 };

/** Limits that count windows and labels, and that the load never reaches. */
const CONFIG = {
  max_tokens_per_hour: 1e12,
  max_concurrent_calls: 1e6,
  per_user_max_cost_usd_per_day: 1e6,
  per_team_max_tokens_per_15m: 1e12,
};

export interface CrashOptions {
  readonly bundleDir: string;
  /** The directory of the state; empty or missing. */
  readonly stateDir: string;
  readonly kills: number;
  readonly clients: number;
  /** The bound on buckets. Each client is a user: with a lower bound than clients, the rest share a bucket. */
  readonly maxUsers: number;
  readonly seed: number;
  /** Receives the progress, a line at a time. */
  readonly report: (line: string) => void;
}

export interface CrashResult extends Accounting {
  readonly retried: number;
  /** How many entries of the ledger, and how many buckets, the service's own audit compared. */
  readonly audit: Pick<AuditResponse, "entries" | "buckets">;
}

/**
 * Kills a service under load at random moments, again and again on one state, and then checks every write that its
 * clients requested.
 *
 * @throws Error if the service does not start, exits by itself, or does not answer at the end
 */
export async function crash(options: CrashOptions): Promise<CrashResult> {
  const { kills, seed, report } = options;
  const dice = new Dice(seed);
  const clients = Array.from(
    { length: options.clients },
    (_, index) => new Client(new Dice(seed + 1 + index), `user-${index}`),
  );
  const env = { ...process.env, ...newDevSecrets(), REQUEST_LOG: "off" };
  const serve = () => serveBundle({ bundleDir: options.bundleDir, stateDir: options.stateDir, env });
  const tenantOf = ({ url }: Service) => new BudgetClient({ url, tenant: TENANT, token: env.ADMIN_TOKEN });
  {
    await using service = await serve();
    await tenantOf(service).call("PUT", "/config", { ...CONFIG, max_users: options.maxUsers });
  }
  for (let kill = 1; kill <= kills; kill += 1) {
    await using service = await serve();
    const spending = Promise.all(clients.map((client) => client.spend(tenantOf(service))));
    const afterMs = dice.int(KILL_AFTER_MS.least, KILL_AFTER_MS.most);
    await Promise.race([setTimeout(afterMs), service.gone.then(endedByItself)]);
    await service.kill("SIGKILL");
    await spending;
    const acknowledged = writesOf(clients).filter(({ outcome }) => outcome === "acknowledged").length;
    report(`kill ${kill} of ${kills}, ${afterMs} ms after the start: ${acknowledged} writes acknowledged so far`);
  }
  await using service = await serve();
  const tenant = tenantOf(service);
  for (const client of clients) await client.settle(tenant);
  await setTimeout(SHORT_TTL_SECONDS * 1000);
  // A read expires the reservations that are due, if no alarm has yet.
  const audit = await tenant.call<AuditResponse>("POST", "/audit");
  const ledger = await readLedger(tenant);
  const accounting = accountFor(writesOf(clients), ledger);
  return {
    ...accounting,
    faults: [
      ...accounting.faults,
      ...clients.flatMap(({ refusals }) => refusals.map((refusal) => `refused: ${refusal}`)),
      ...(await totalsThatDiffer(tenant, ledger)),
      ...audit.differences.map((difference) => `audit: ${JSON.stringify(difference)}`),
    ],
    retried: clients.reduce((sum, { retried }) => sum + retried, 0),
    audit,
  };
}

function endedByItself(said: string): never {
  throw new Error(`workerd exited before it was killed: ${said}`);
}

const writesOf = (clients: readonly Client[]) => clients.flatMap(({ writes }) => writes);
