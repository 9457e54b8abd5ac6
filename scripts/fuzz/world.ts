/** The tenants, users and teams that are called, and their secrets. */
import type { Dice } from "../crash/dice.ts";

export const USERS = ["alice", "bob", "carol"] as const;
export const TEAMS = ["red", "blue"] as const;
/** What a secret looks like in an answer. */
const SECRET = /zq[0-9a-f]{12}/g;

/** The owner of a secret: a tenant as a whole, or one of its users or teams. */
export interface Owner {
  readonly tenant: string;
  readonly kind: "tenant" | "user" | "team";
  readonly name: string;
}

/**
 * The tenants that are called, and a secret for each of them, of their users and of their teams. Ids can be guessed,
 * secrets cannot: a caller that receives one has seen the data that contains it.
 */
export class World {
  readonly tenants: readonly string[];
  readonly #owners = new Map<string, Owner>();
  readonly #secrets = new Map<string, string>();

  constructor(dice: Dice, tenants: readonly string[]) {
    this.tenants = tenants;
    for (const tenant of tenants) {
      this.#add(dice, { tenant, kind: "tenant", name: "" });
      for (const name of USERS) this.#add(dice, { tenant, kind: "user", name });
      for (const name of TEAMS) this.#add(dice, { tenant, kind: "team", name });
    }
  }

  /** The secret in an owner's data; a word without meaning if it has none. */
  secretOf(owner: Owner): string {
    return this.#secrets.get(printOwner(owner)) ?? "nobody";
  }

  /** The secrets in a text, and their owners. */
  secretsIn(text: string): { readonly secret: string; readonly owner: Owner }[] {
    return [...new Set(text.match(SECRET))].flatMap((secret) => {
      const owner = this.#owners.get(secret);
      return owner ? [{ secret, owner }] : [];
    });
  }

  #add(dice: Dice, owner: Owner): void {
    const secret = `zq${dice
      .int(0, 2 ** 48 - 1)
      .toString(16)
      .padStart(12, "0")}`;
    this.#owners.set(secret, owner);
    this.#secrets.set(printOwner(owner), secret);
  }
}

export function printOwner({ tenant, kind, name }: Owner): string {
  return JSON.stringify([tenant, kind, name]);
}
