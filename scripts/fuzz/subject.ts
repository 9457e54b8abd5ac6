/** The tenant, user, labels and ids that a call is about. */
import type { Dice } from "../crash/dice.ts";
import type { Caller } from "./callers.ts";
import type { Discoveries } from "./discoveries.ts";
import { pick } from "./pick.ts";
import { TEAMS, USERS, type World } from "./world.ts";

/** What a call is about. Only callers that may know a secret send it, so that no other can have read its own words. */
export interface Subject {
  readonly tenant: string;
  readonly user: string | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly bucket: { readonly scope: string; readonly id: string | null | (string | null)[] };
  readonly reservation: string;
  readonly jti: string;
  readonly note: string;
  readonly key: string;
}

const KEYS = 40;
/** How many of a hundred calls name the caller's own tenant and user. */
const OWN_TENANT = 85;
const OWN_USER = 75;

/** Picks what a call is about: mostly the caller's own data, at times another's. */
export function pickSubject(dice: Dice, world: World, caller: Caller, found: Discoveries): Subject {
  const grant = typeof caller.access === "object" ? caller.access : undefined;
  const isAtHome = caller.tenant !== undefined && dice.percent(OWN_TENANT);
  const tenant = isAtHome ? (caller.tenant as string) : pick(dice, world.tenants);
  const user = grant?.user !== undefined && dice.percent(OWN_USER) ? grant.user : pick(dice, [...USERS, null]);
  const team = grant?.labels?.team !== undefined && dice.percent(OWN_USER) ? grant.labels.team : pick(dice, TEAMS);
  // The secret of the caller's own tenant; a bound caller's is its own.
  const home = grant?.tenant ?? tenant;
  const secretOf = (kind: "tenant" | "user" | "team", name: string) =>
    caller.access === "nobody" ? "nobody" : world.secretOf({ tenant: home, kind, name });
  const isBound = grant !== undefined && (grant.user !== undefined || grant.labels !== undefined);
  const run = secretOf("user", grant?.user ?? user ?? "");
  const mark = secretOf("team", grant?.labels?.team ?? team);
  return {
    tenant,
    user,
    labels: { run, ...(dice.percent(60) && { team, mark }) },
    bucket: pickBucket(dice, user, team),
    reservation: found.reservationOf(dice, tenant),
    jti: found.tokenOf(dice, tenant),
    note: isBound ? run : secretOf("tenant", ""),
    key: `key-${dice.int(1, KEYS)}`,
  };
}

function pickBucket(dice: Dice, user: string | null, team: string): Subject["bucket"] {
  return pick<Subject["bucket"]>(dice, [
    { scope: "user", id: user },
    { scope: "team", id: team },
    { scope: "tenant", id: null },
    { scope: "model", id: "gpt-4o-mini" },
    { scope: "user_and_team", id: [user, team] },
    { scope: "team_and_user", id: [team, user] },
    { scope: "model_and_user", id: ["house-model", user] },
  ]);
}
