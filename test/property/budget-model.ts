import type { BudgetConfig } from "../../src/core/index.ts";
import type { Caller, Operation } from "../../src/operations/index.ts";
import { type Key, ModelAccounts, OVERFLOW, TENANT, told } from "./model-accounts.ts";
import { amountsIn, NO_AMOUNTS, NOTHING, sumOf, totalsAnswer } from "./model-amounts.ts";
import { totalOf } from "./model-buckets.ts";
import { aheadOf, estimateIn, Refused, subjectIn, timeOf } from "./model-requests.ts";
import { type ModelHold, reservationAnswer } from "./model-reservations.ts";
import { commit, expire, extend, release, reserve } from "./model-reserving.ts";

/** What an operation comes to: a value, or why it is refused, with the decision that a limit refuses it by. */
export type ModelAnswer = { readonly value: unknown } | { readonly refused: string; readonly decision?: unknown };

interface Version {
  readonly version: number;
  readonly at: string | null;
  readonly author: string | null;
  readonly config: BudgetConfig;
}

const NO_VERSION: Version = { version: 0, at: null, author: null, config: {} };

/** A tenant that carries out whatever comes, one operation after another: slow, and plain enough to trust. */
export class BudgetModel {
  accounts = new ModelAccounts();
  versions: Version[] = [];
  /** What was sent under an idempotency key, and how it was answered. */
  replays = new Map<string, { readonly sent: string; readonly sender: string; readonly value: unknown }>();
  readonly #revoked = new Map<string, string>();
  /** How many reservations were asked for. */
  #asked = 0;

  perform(operation: Operation, caller: Caller | undefined, nowMs: number): ModelAnswer {
    const isRevoked = caller?.jti != null && this.#revoked.has(caller.jti);
    if ((operation.op as string) === "broken" && !isRevoked) return { refused: "unavailable" };
    this.#begin(nowMs);
    this.expire(nowMs);
    try {
      if (isRevoked) throw new Refused("token_revoked");
      // How much of the answer is asked for makes a request no other.
      const { idempotency_key: key, detail: _, ...request } = requestOf(operation);
      const sent = JSON.stringify([{ ...operation, request }, caller?.user]);
      const sender = caller?.jti ?? "";
      const first = JSON.stringify([caller?.user, caller?.labels, key]);
      const taken = this.replays.get(first);
      // Under a key that somebody else has used for another request, it counts all the same.
      const isOthers = taken && taken.sent !== sent && taken.sender !== sender;
      const place = isOthers ? JSON.stringify([first, sender]) : first;
      const known = this.replays.get(place);
      if (known && known.sent !== sent) throw new Refused("idempotency_mismatch");
      if (known) return { value: { ...(known.value as object), replayed: true } };
      const value = this.#carryOut(operation, caller, nowMs);
      if (key !== undefined) this.replays.set(place, { sent, sender, value });
      return { value };
    } catch (error) {
      if (error instanceof Refused) return { refused: error.message, decision: error.decision };
      throw error;
    }
  }

  /** Ends the holds whose time is over. Comes before each operation. */
  expire(nowMs: number): void {
    expire(this.accounts, nowMs);
  }

  /** Every reservation as it can be asked for, in the order of their creation. */
  reservations(caller?: Caller, state?: string) {
    return this.accounts.holds
      .filter((hold) => isOwn(caller, hold) && (state === undefined || hold.state === state))
      .map(reservationAnswer);
  }

  #carryOut(operation: Operation, caller: Caller | undefined, nowMs: number): unknown {
    const { accounts } = this;
    switch (operation.op) {
      case "allows_step": {
        const { request } = operation;
        const { tokens, input_tokens, output_tokens, cost_usd } = request;
        const isAsked = (tokens ?? input_tokens ?? output_tokens ?? cost_usd) !== undefined;
        const asked = isAsked ? { ...estimateIn(request), calls: 1, concurrent_calls: 1 } : NOTHING;
        return told(accounts.decide(accounts.keysOf(subjectIn(request), nowMs), nowMs, { asked }), request.detail);
      }
      case "consume": {
        const { request } = operation;
        const keys = accounts.keysOf(subjectIn(request), nowMs);
        const charge = { atMs: nowMs, amounts: { ...amountsIn(request), calls: 1 } };
        accounts.chargeAll(keys, nowMs, () => charge);
        accounts.entries.push("consume");
        return told(accounts.decide(keys, nowMs), request.detail);
      }
      case "reserve":
        this.#asked += 1;
        return reserve(accounts, `hold ${this.#asked}`, operation.request, caller?.user, nowMs);
      case "extend":
        return extend(accounts, this.#find(operation.id, caller), operation.request, caller?.user, nowMs);
      case "commit":
        return commit(accounts, this.#find(operation.id, caller), operation.request, nowMs);
      case "release":
        return release(accounts, this.#find(operation.id, caller), nowMs);
      case "reservation":
        return reservationAnswer(this.#find(operation.id, caller));
      case "reservations":
        return { items: this.reservations(caller, operation.query.state), next: null };
      case "usage":
        return accounts.usageAnswer(operation.key, nowMs);
      case "set_limits": {
        const { expires_at, ...maxima } = operation.request;
        const untilMs = aheadOf(nowMs, expires_at);
        const change = expires_at === undefined ? { override: maxima } : { raise: { maxima, untilMs } };
        return this.#set(operation.key, change, "limits", nowMs);
      }
      case "clear_limits":
        return this.#set(operation.key, { override: null, raise: null }, "limits", nowMs);
      case "freeze":
        return this.#set(
          operation.key,
          { freeze: { untilMs: aheadOf(nowMs, operation.request.until) } },
          "freeze",
          nowMs,
        );
      case "unfreeze":
        return this.#set(operation.key, { freeze: null }, "unfreeze", nowMs);
      case "adjust": {
        const amounts = amountsIn(operation.request);
        const isMissing = operation.key.subject === OVERFLOW && !accounts.touch(operation.key, nowMs);
        if (isMissing) throw new Refused("unknown_bucket");
        const after = sumOf([totalOf(accounts.touch(operation.key, nowMs)), amounts], NO_AMOUNTS);
        if (Object.values(after).some((part) => part < 0)) throw new Refused("sum_out_of_range");
        accounts.chargeAll([operation.key], nowMs, () => ({ atMs: nowMs, amounts }));
        accounts.entries.push("adjustment");
        return accounts.usageAnswer(operation.key, nowMs);
      }
      case "reset": {
        const bucket = accounts.touch(operation.key, nowMs);
        if (bucket) Object.assign(bucket, { charges: [], startedAtMs: nowMs });
        accounts.entries.push("reset");
        return accounts.usageAnswer(operation.key, nowMs);
      }
      case "config":
        return this.#version;
      case "configure":
        return this.#configure(operation.config, operation.edit, nowMs);
      case "patch_config":
        return this.#configure({ ...this.#version.config, ...operation.patch }, operation.edit, nowMs);
      case "config_history":
        return { items: [...this.versions], next: null };
      case "ledger":
        return { items: [...accounts.entries], next: null };
      case "audit": {
        const totals = totalsAnswer(totalOf(accounts.bucket(TENANT)));
        return {
          ok: true,
          entries: accounts.entries.length,
          buckets: accounts.buckets.length,
          differences: [],
          totals,
        };
      }
      case "admit":
        return null;
      case "revoke_token": {
        if (!this.#revoked.has(operation.jti)) accounts.entries.push("revocation");
        const revoked_at = this.#revoked.get(operation.jti) ?? timeOf(nowMs);
        this.#revoked.set(operation.jti, revoked_at);
        return { jti: operation.jti, revoked_at };
      }
      case "erase_user":
        return this.#eraseUser(operation.userId, operation.pseudonym);
      case "erase_tenant":
        this.accounts = new ModelAccounts();
        this.versions = [];
        this.replays.clear();
        return { erased: true };
      default:
        throw new Error(`the model does not know ${operation.op}`);
    }
  }

  #set(key: Key, change: Parameters<ModelAccounts["set"]>[1], kind: string, nowMs: number): unknown {
    this.accounts.set(key, change);
    this.accounts.entries.push(kind);
    return this.accounts.usageAnswer(key, nowMs);
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
    this.accounts.entries.push("config");
    this.accounts.configure(config);
    return made;
  }

  #eraseUser(userId: string, pseudonym: string): unknown {
    const { accounts } = this;
    const isTheirs = ({ scope, subject }: Key) =>
      (scope === "user" && subject === userId) ||
      (scope === "user_and_team" && subject !== OVERFLOW && JSON.parse(subject)[0] === userId);
    const theirs = accounts.buckets.filter(isTheirs);
    accounts.buckets = accounts.buckets.filter((bucket) => !isTheirs(bucket));
    accounts.controls = accounts.controls.filter((each) => !isTheirs(each));
    for (const hold of accounts.holds) {
      if (hold.user !== userId) continue;
      hold.user = pseudonym;
      if (hold.owner === userId) hold.owner = pseudonym;
    }
    for (const [place, { sent, sender, value }] of this.replays) {
      const { user_id, scope, id } = value as { user_id?: string; scope?: string; id?: string | string[] };
      const told = { ...(value as object) };
      if (user_id === userId) Object.assign(told, { user_id: pseudonym });
      if (scope === "user" && id === userId) Object.assign(told, { id: pseudonym });
      if (scope === "user_and_team" && id?.[0] === userId) Object.assign(told, { id: [pseudonym, id[1]] });
      this.replays.set(place, { sent, sender, value: told });
    }
    for (const _ of theirs.length > 0 ? theirs : [null]) accounts.entries.push("erasure");
    return { pseudonym, buckets: theirs.length };
  }

  #find(id: string, caller: Caller | undefined): ModelHold {
    const hold = this.accounts.holds.find((each) => each.id === id);
    if (!hold || !isOwn(caller, hold)) throw new Refused("unknown_reservation");
    return hold;
  }

  /** The tenant's bucket begins with the first that is asked of it. */
  #begin(nowMs: number): void {
    if (this.accounts.bucket(TENANT)) return;
    this.accounts.buckets.push({ ...TENANT, startedAtMs: nowMs, touchedAtMs: nowMs, charges: [] });
  }
}

/** A caller who is bound to a user sees that user's reservations alone. */
function isOwn(caller: Caller | undefined, hold: ModelHold): boolean {
  return caller?.user === undefined || caller.user === hold.user;
}

function requestOf(operation: Operation): { idempotency_key?: string; detail?: boolean } {
  const { request, edit } = operation as { request?: object; edit?: object };
  return { ...request, ...edit };
}
