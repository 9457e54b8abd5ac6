/** Collects reservation ids and tokens from answers, for later calls to use. */
import type { Dice } from "../crash/dice.ts";
import type { Caller, Grant } from "./callers.ts";
import type { FuzzAnswer } from "./exchange.ts";
import { pick } from "./pick.ts";

const KEPT = 40;

export class Discoveries {
  readonly #reservations = new Map<string, string[]>();
  readonly #callers = new Map<string, Caller[]>();

  /** The id of one of a tenant's reservations, or an unknown one. */
  reservationOf(dice: Dice, tenant: string): string {
    return pickFrom(dice, this.#reservations.get(tenant)) ?? pick(dice, ["01KAW0000000000000000000ZZ", "r", "💸"]);
  }

  /** The `jti` of a token that the tenant's calls made, or an unknown one. */
  tokenOf(dice: Dice, tenant: string): string {
    const made = dice.percent(30) ? pickFrom(dice, this.#callers.get(tenant)) : undefined;
    return made?.jti ?? pick(dice, ["no-token", "a", "\u0000"]);
  }

  /** A caller with a token that the service made; undefined if it has made none for the tenant. */
  caller(dice: Dice, tenant: string): Caller | undefined {
    return pickFrom(dice, this.#callers.get(tenant));
  }

  /** Records what an answer offers. */
  note(operationId: string, tenant: string, { status, text }: FuzzAnswer): void {
    if (operationId === "reserve" && status === 201) {
      keep(this.#reservations, tenant, (JSON.parse(text) as { id: string }).id);
    } else if (operationId === "createToken" && status === 201) {
      keep(this.#callers, tenant, callerOf(JSON.parse(text)));
    } else if (operationId === "revokeToken" && status === 200) {
      const { jti } = JSON.parse(text) as { jti: string };
      for (const caller of this.#callers.get(tenant) ?? []) if (caller.jti === jti) caller.access = "nobody";
    }
  }
}

interface TokenAnswer extends Omit<Grant, "scopes"> {
  readonly token: string;
  readonly jti: string;
  readonly scope: readonly string[];
}

function callerOf({ token, jti, tenant, user, labels, scope }: TokenAnswer): Caller {
  const access = { tenant, user, labels, scopes: new Set(scope) };
  return { name: `${tenant}: made token ${jti}`, authorization: `Bearer ${token}`, access, tenant, jti };
}

function pickFrom<T>(dice: Dice, items: readonly T[] | undefined): T | undefined {
  return items && items.length > 0 ? items[dice.int(0, items.length - 1)] : undefined;
}

/** The newest few. */
function keep<T>(lists: Map<string, T[]>, tenant: string, item: T): void {
  const list = lists.get(tenant) ?? [];
  lists.set(tenant, list);
  list.push(item);
  if (list.length > KEPT) list.shift();
}
