/** Makes random calls to the service, most of them with a fault. */
import type { Dice } from "../crash/dice.ts";
import { NDJSON } from "./batch.ts";
import { batchOperation, bodyOf } from "./bodies.ts";
import type { Caller, Callers } from "./callers.ts";
import type { Discoveries } from "./discoveries.ts";
import type { FuzzRequest } from "./exchange.ts";
import { twist } from "./faults.ts";
import { printJson } from "./nasty.ts";
import { pick } from "./pick.ts";
import type { Operation, Routes } from "./routes.ts";
import { pickSubject, type Subject } from "./subject.ts";
import type { World } from "./world.ts";

/** Methods without a body. */
const BODILESS = ["HEAD", "TRACE"];
/**
 * The longest body of a GET, in characters. It has no meaning (RFC 9110, section 9.3.1), so no route reads it; workerd
 * closes the connection after a long one, and the end of its answer is lost.
 */
const MAX_GET_BODY = 8192;

/** The relative frequency of operations: agents' calls often, full reads rarely. */
const SHARES: Readonly<Record<string, number>> = {
  ...{ consume: 60, reserve: 60, commit: 60, extend: 40, batch: 60 },
  ...{ audit: 1, exportLedger: 1, getOpenApi: 2, getDocs: 2, getDocsFile: 2 },
};
const SHARE = 20;

/** Makes requests: about a third are valid, the others have one fault or several. */
export class Requests {
  readonly #world: World;
  readonly #callers: Callers;
  readonly #found: Discoveries;
  /** Each operation as many times as its share. */
  readonly #drawn: readonly Operation[];

  constructor(routes: Routes, world: World, callers: Callers, found: Discoveries) {
    this.#world = world;
    this.#callers = callers;
    this.#found = found;
    this.#drawn = routes.operations.flatMap((operation) =>
      Array.from({ length: SHARES[operation.id] ?? SHARE }, () => operation),
    );
  }

  next(dice: Dice): FuzzRequest {
    const caller = this.#caller(dice);
    const subject = pickSubject(dice, this.#world, caller, this.#found);
    const operation = pick(dice, this.#drawn);
    const right: FuzzRequest = {
      method: operation.method,
      path: this.#path(dice, operation, subject) + this.#query(dice, operation, subject),
      ...this.#body(dice, operation, subject),
      caller,
    };
    const twisted = dice.percent(35) ? right : twist(dice, right, subject);
    const { method, body } = twisted;
    const isMute = BODILESS.includes(method) || (method === "GET" && (body?.length ?? 0) > MAX_GET_BODY);
    return isMute ? { ...twisted, body: undefined } : twisted;
  }

  #caller(dice: Dice): Caller {
    const { operator, granted, strangers } = this.#callers;
    const chance = dice.int(1, 100);
    if (chance <= 15) return operator;
    if (chance <= 25) return pick(dice, strangers);
    const made = chance <= 35 ? this.#found.caller(dice, pick(dice, this.#world.tenants)) : undefined;
    return made ?? pick(dice, granted);
  }

  #path(dice: Dice, { path }: Operation, subject: Subject): string {
    const { tenant, user, bucket, reservation, jti } = subject;
    const bucketId = Array.isArray(bucket.id) ? JSON.stringify(bucket.id) : (bucket.id ?? "null");
    const values: Readonly<Record<string, string>> = {
      tenant,
      scope: bucket.scope,
      id: path.includes("{scope}") ? bucketId : (user ?? "nobody"),
      reservation,
      jti,
      file: "start.js",
      code: pick(dice, ["invalid_input", "limit_reached", "nothing"]),
    };
    return path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(values[name] ?? name));
  }

  #query(dice: Dice, { query }: Operation, { user, labels }: Subject): string {
    const values: Readonly<Record<string, string>> = {
      user_id: user ?? "",
      label: `team:${labels.team ?? "red"}`,
      after: `${dice.int(0, 300)}`,
      limit: pick(dice, ["1", "20", "1000"]),
      kind: pick(dice, ["consume", "hold", "refusal", "config"]),
      state: pick(dice, ["held", "committed", "expired"]),
      since: "2020-01-01T00:00:00Z",
      until: "2099-12-31T23:59:59.999Z",
      format: pick(dice, ["ndjson", "csv"]),
      // Never the tenant's name: its erasure would take the totals that are compared at the end.
      confirm: "nobody",
    };
    const named = query.filter(() => dice.percent(25)).map((name): [string, string] => [name, values[name] ?? ""]);
    return named.length > 0 ? `?${new URLSearchParams(named)}` : "";
  }

  #body(dice: Dice, { id, bodyType }: Operation, subject: Subject): Pick<FuzzRequest, "body" | "headers"> {
    if (bodyType === undefined) return { body: undefined, headers: {} };
    if (id === "batch" && dice.percent(35)) {
      const lines = Array.from({ length: dice.int(1, 12) }, () => printJson(batchOperation(dice, subject)));
      return { body: lines.join("\n"), headers: { "content-type": NDJSON } };
    }
    return { body: printJson(bodyOf(dice, id, subject)), headers: { "content-type": bodyType } };
  }
}
