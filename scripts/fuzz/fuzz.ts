/** A whole run: callers, random requests, checks and totals. */
import { Dice } from "../crash/dice.ts";
import { resultsOf } from "./batch.ts";
import { makeCallers, type Secrets } from "./callers.ts";
import { Discoveries } from "./discoveries.ts";
import { Connections, type FuzzAnswer, type FuzzRequest } from "./exchange.ts";
import { Findings } from "./findings.ts";
import { trespasses } from "./ownership.ts";
import { protocolFaults } from "./protocol.ts";
import { readAnswer, typeOf } from "./read-answer.ts";
import { Requests } from "./requests.ts";
import { type Operation, type Place, Routes } from "./routes.ts";
import { checkTotals } from "./totals.ts";
import { World } from "./world.ts";

const REPORTS = 20;

export interface FuzzOptions {
  readonly url: string;
  readonly secrets: Secrets;
  readonly count: number;
  /** How many requests are in flight at once. */
  readonly clients: number;
  readonly seed: number;
  readonly report: (line: string) => void;
}

export interface FuzzResult {
  readonly findings: Findings;
  /** How often each operation succeeded, and the problem codes that were seen. */
  readonly succeeded: ReadonlyMap<string, number>;
  readonly problems: ReadonlySet<string>;
  readonly operations: number;
  readonly tenants: number;
  /** Entries of all ledgers. */
  readonly entries: number;
  /** A line for each total that differs from its ledger. */
  readonly differences: readonly string[];
}

/** Sends a service requests of all kinds and checks each answer, then compares every ledger with its totals. */
export async function fuzz({ url, secrets, count, clients, seed, report }: FuzzOptions): Promise<FuzzResult> {
  const dice = new Dice(seed);
  const world = new World(
    dice,
    ["", "-b", "-c", "-💸/é"].map((name) => `fuzz-${seed}${name}`),
  );
  const routes = await Routes.fetch(url);
  const found = new Discoveries();
  const requests = new Requests(routes, world, await makeCallers(world, secrets), found);
  const connections = new Connections(url, clients);
  const findings = new Findings();
  const succeeded = new Map<string, number>();
  const problems = new Set<string>();
  const startedAtMs = Date.now();
  let [sent, answered] = [0, 0];

  async function client(): Promise<void> {
    while (sent < count) {
      sent += 1;
      const index = sent;
      // Each has dice of its own: the answer to one does not change the requests after it.
      const request = requests.next(new Dice(dice.int(0, 2 ** 31 - 1)));
      await exchange(index, request);
      answered += 1;
      if (answered % Math.ceil(count / REPORTS) === 0) {
        const perSecond = Math.round((answered * 1000) / (Date.now() - startedAtMs));
        report(`${answered} of ${count}, ${perSecond}/s, ${findings.total} findings`);
      }
    }
  }

  async function exchange(index: number, request: FuzzRequest): Promise<void> {
    const { access } = request.caller;
    let answer: FuzzAnswer;
    try {
      answer = await connections.send(request);
    } catch (error) {
      findings.add("server error", [`no answer: ${(error as Error).message}`], index, request);
      return;
    }
    const { operation, tenant } = locate(routes, request);
    const body = bodyOf(answer);
    const name = operation?.id ?? "no route";
    if (answer.status >= 500)
      findings.add("server error", [`${name} answered ${answer.status}`], index, request, answer);
    else if (hasFailedResult(body))
      findings.add("server error", ["an operation of a batch failed"], index, request, answer);
    findings.add("malformed answer", protocolFaults(request, answer), index, request, answer);
    const call = { request, access, operation, tenant };
    findings.add("cross-tenant answer", trespasses(world, routes, call, answer, body), index, request, answer);
    if (operation && answer.status < 300) {
      succeeded.set(operation.id, (succeeded.get(operation.id) ?? 0) + 1);
      if (tenant !== undefined && request.method !== "HEAD") found.note(operation.id, tenant, answer);
    }
    if (typeOf(answer.headers["content-type"]) === "application/problem+json" && typeof body === "object") {
      problems.add((body as { code: string }).code);
    }
  }

  try {
    await Promise.all(Array.from({ length: clients }, client));
  } finally {
    connections.close();
  }
  const { entries, differences } = await checkTotals(url, world.tenants, secrets);
  const [operations, tenants] = [routes.operations.length, world.tenants.length];
  return { findings, succeeded, problems, operations, tenants, entries, differences };
}

/** The route of a request: by its path as sent, or as an intermediary normalises it. */
function locate(routes: Routes, { path, method }: FuzzRequest) {
  const raw = path.split("?")[0] ?? "";
  const normal = URL.canParse(raw, "http://x") ? new URL(raw, "http://x").pathname : raw;
  const [asItIs, asNormal] = [routes.placeOf(raw), routes.placeOf(normal)];
  const place: Place = asItIs.operations.size > 0 ? asItIs : asNormal;
  const operation: Operation | undefined =
    place.operations.get(method) ?? (method === "HEAD" ? place.operations.get("GET") : undefined);
  const isTenants = [...place.operations.values()].some((each) => each.path.startsWith("/v1/tenants/{tenant}"));
  return { operation, tenant: isTenants ? decode(place.values[0] ?? "") : undefined };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function bodyOf(answer: FuzzAnswer): unknown {
  try {
    return readAnswer(answer);
  } catch {
    return undefined;
  }
}

/** True if an operation of a batch failed with a status of 500 or more. */
function hasFailedResult(body: unknown): boolean {
  return resultsOf(body)?.some((result) => result?.status >= 500) ?? false;
}
