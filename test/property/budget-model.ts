/** The model of a tenant: what each operation has to answer, and what it leaves behind. */
import type { BudgetConfig } from "../../src/core/index.ts";
import type { Caller, Operation } from "../../src/operations/index.ts";
import { amountsIn, NOTHING, totalsAnswer } from "./model-amounts.ts";
import { totalOf } from "./model-bucket.ts";
import { TENANT } from "./model-bucket-keys.ts";
import { runOnBucket } from "./model-bucket-operations.ts";
import { decide, decisionAnswer } from "./model-decisions.ts";
import { eraseUser } from "./model-erasure.ts";
import { estimateIn, Refused, type Replay, subjectIn, timeOf } from "./model-requests.ts";
import { type ModelReservation, reservationAnswer } from "./model-reservation.ts";
import { commit, expire, extend, release, reserve } from "./model-reservation-operations.ts";
import { ModelTenant } from "./model-tenant.ts";

/** An operation's value, or the code it is refused with and the decision that blocks it. */
export type ModelAnswer = { readonly value: unknown } | { readonly refused: string; readonly decision?: unknown };

interface Version {
  readonly version: number;
  readonly at: string | null;
  readonly author: string | null;
  readonly config: BudgetConfig;
}

const NO_VERSION: Version = { version: 0, at: null, author: null, config: {} };

/** Runs one operation after another: slow, and simple enough to trust. */
export class BudgetModel {
  tenant = new ModelTenant();
  versions: Version[] = [];
  /** By idempotency key and caller. */
  readonly replays = new Map<string, Replay>();
  readonly #revoked = new Map<string, string>();
  /** How many reservations were asked for. */
  #asked = 0;

  run(operation: Operation, caller: Caller | undefined, nowMs: number): ModelAnswer {
    const isRevoked = caller?.jti != null && this.#revoked.has(caller.jti);
    if ((operation.op as string) === "broken") return { refused: "unavailable" };
    this.#begin(nowMs);
    this.expire(nowMs);
    try {
      if (isRevoked) throw new Refused("token_revoked");
      return { value: this.#runOnce(operation, caller, nowMs) };
    } catch (error) {
      if (error instanceof Refused) return { refused: error.message, decision: error.decision };
      throw error;
    }
  }

  /** Expires reservations. Runs before each operation. */
  expire(nowMs: number): void {
    expire(this.tenant, nowMs);
  }

  /** The reservations that a caller may list, in the order of their creation. */
  reservations(caller?: Caller, state?: string) {
    return this.tenant.reservations
      .filter((each) => isVisible(caller, each) && (state === undefined || each.state === state))
      .map(reservationAnswer);
  }

  /** Runs an operation, or repeats its answer if it was run under its idempotency key before. */
  #runOnce(operation: Operation, caller: Caller | undefined, nowMs: number): unknown {
    // `detail` changes the answer alone, so a request that differs only in it is a repetition.
    const { idempotency_key: key, detail: _, ...request } = requestOf(operation);
    const sent = JSON.stringify([{ ...operation, request }, caller?.user]);
    const sender = caller?.jti ?? "";
    const shared = JSON.stringify([caller?.user, caller?.labels, key]);
    const taken = this.replays.get(shared);
    // A key that another token has used for another request is no mismatch.
    const isOthers = taken && taken.sent !== sent && taken.sender !== sender;
    const place = isOthers ? JSON.stringify([shared, sender]) : shared;
    const known = this.replays.get(place);
    if (known && known.sent !== sent) throw new Refused("idempotency_mismatch");
    if (known) return { ...(known.value as object), replayed: true };
    const value = this.#dispatch(operation, caller, nowMs);
    if (key !== undefined) this.replays.set(place, { sent, sender, value });
    return value;
  }

  #dispatch(operation: Operation, caller: Caller | undefined, nowMs: number): unknown {
    const { tenant } = this;
    switch (operation.op) {
      case "allows_step": {
        const { request } = operation;
        const { tokens, input_tokens, output_tokens, cost_usd } = request;
        const isAsked = (tokens ?? input_tokens ?? output_tokens ?? cost_usd) !== undefined;
        const asked = isAsked ? { ...estimateIn(request), calls: 1, concurrent_calls: 1 } : NOTHING;
        const keys = tenant.keysOf(subjectIn(request), nowMs);
        return decisionAnswer(decide(tenant, keys, nowMs, { asked }), request.detail);
      }
      case "consume": {
        const { request } = operation;
        const keys = tenant.keysOf(subjectIn(request), nowMs);
        const charge = { atMs: nowMs, amounts: { ...amountsIn(request), calls: 1 } };
        tenant.chargeAll(keys, nowMs, () => charge);
        tenant.entries.push("consume");
        const cost_usd = charge.amounts.costNano / 1e9;
        return { ...decisionAnswer(decide(tenant, keys, nowMs), request.detail), cost_usd };
      }
      case "reserve":
        this.#asked += 1;
        return reserve(tenant, `reservation ${this.#asked}`, operation.request, caller?.user, nowMs);
      case "extend":
        return extend(tenant, this.#find(operation.id, caller), operation.request, caller?.user, nowMs);
      case "commit":
        return commit(tenant, this.#find(operation.id, caller), operation.request, nowMs);
      case "release":
        return release(tenant, this.#find(operation.id, caller), nowMs);
      case "reservation":
        return reservationAnswer(this.#find(operation.id, caller));
      case "reservations":
        return { items: this.reservations(caller, operation.query.state), next: null };
      case "usage":
      case "set_limits":
      case "clear_limits":
      case "freeze":
      case "unfreeze":
      case "adjust":
      case "reset":
        return runOnBucket(tenant, operation, nowMs);
      case "config":
        return this.#version;
      case "configure":
        return this.#configure(operation.config, operation.edit, nowMs);
      case "patch_config":
        return this.#configure({ ...this.#version.config, ...operation.patch }, operation.edit, nowMs);
      case "config_history":
        return { items: [...this.versions], next: null };
      case "ledger":
        return { items: [...tenant.entries], next: null };
      case "audit":
        return {
          ok: true,
          entries: tenant.entries.length,
          buckets: tenant.buckets.length,
          differences: [],
          totals: totalsAnswer(totalOf(tenant.bucket(TENANT))),
        };
      case "revoke_token":
        return this.#revoke(operation.id, nowMs);
      case "erase_user":
        return eraseUser(tenant, this.replays, operation.id, operation.pseudonym);
      case "erase_tenant":
        this.tenant = new ModelTenant();
        this.versions = [];
        this.replays.clear();
        return { erased: true };
      default:
        throw new Error(`the model does not know ${operation.op}`);
    }
  }

  get #version(): Version {
    return this.versions.at(-1) ?? NO_VERSION;
  }

  #configure(next: object, edit: Operation<"configure">["edit"], nowMs: number): Version {
    const { version } = this.#version;
    if (edit.ifVersion && !edit.ifVersion.includes(version)) throw new Refused("precondition_failed");
    const config: BudgetConfig = Object.fromEntries(Object.entries(next).filter(([, value]) => value !== null));
    if (Object.values(config).some((value) => Number(value) < 0)) throw new Refused("invalid_input");
    const made = { version: version + 1, at: timeOf(nowMs), author: edit.author ?? null, config };
    this.versions.push(made);
    this.tenant.entries.push("config");
    this.tenant.configure(config);
    return made;
  }

  #revoke(jti: string, nowMs: number): unknown {
    if (!this.#revoked.has(jti)) this.tenant.entries.push("revocation");
    const revoked_at = this.#revoked.get(jti) ?? timeOf(nowMs);
    this.#revoked.set(jti, revoked_at);
    return { jti, revoked_at };
  }

  #find(id: string, caller: Caller | undefined): ModelReservation {
    const reservation = this.tenant.reservations.find((each) => each.id === id);
    if (!reservation || !isVisible(caller, reservation)) throw new Refused("unknown_reservation");
    return reservation;
  }

  /** Creates the tenant's bucket, which its first operation does. */
  #begin(nowMs: number): void {
    if (this.tenant.bucket(TENANT)) return;
    this.tenant.buckets.push({ ...TENANT, startedAtMs: nowMs, touchedAtMs: nowMs, charges: [] });
  }
}

/** True unless the caller is bound to another user than the reservation's. */
function isVisible(caller: Caller | undefined, reservation: ModelReservation): boolean {
  return caller?.user === undefined || caller.user === reservation.user;
}

function requestOf(operation: Operation): { idempotency_key?: string; detail?: boolean } {
  const { request, edit } = operation as { request?: object; edit?: object };
  return { ...request, ...edit };
}
