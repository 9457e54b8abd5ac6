/** Checks that an answer reveals nothing that its caller may not see. */
import { BATCHED, namesIn, resultsOf } from "./batch.ts";
import type { Caller, Grant } from "./callers.ts";
import type { FuzzAnswer, FuzzRequest } from "./exchange.ts";
import type { Operation, Routes } from "./routes.ts";
import type { Owner, World } from "./world.ts";

/** A call, with the permissions that its caller had at the time. */
export interface Call {
  readonly request: FuzzRequest;
  readonly access: Caller["access"];
  readonly operation: Operation | undefined;
  /** The tenant in the path, decoded; undefined if there is none. */
  readonly tenant: string | undefined;
}

/**
 * What the caller of an answer must not see: that the call succeeded, or something in the body. A line for each.
 *
 * @param body the answer's, read
 */
export function trespasses(world: World, routes: Routes, call: Call, answer: FuzzAnswer, body: unknown): string[] {
  const { request, access, operation, tenant } = call;
  const { status, text } = answer;
  const isSuccess = status >= 200 && status < 300 && request.method !== "OPTIONS" && operation?.scope != null;
  const calls = isSuccess ? succeededCalls(routes, operation, request, body) : [];
  const sent = JSON.stringify([request.path, request.headers, `${request.body}`]);
  return [
    ...calls.flatMap((each) => unallowed(each, access, tenant)),
    ...world
      .secretsIn(text)
      .filter(({ secret, owner }) => !mayKnow(access, tenant, owner) && !sent.includes(secret))
      .map(({ owner: { kind } }) => `${operation?.id ?? "no route"} disclosed another ${kind}'s data`),
    ...(isSuccess && typeof access === "object" ? foreignSubjects(access, body, operation) : []),
  ];
}

/** The calls that took effect by an answer: of a batch, those of its operations that succeeded. */
function succeededCalls(routes: Routes, operation: Operation, request: FuzzRequest, body: unknown): Operation[] {
  if (operation.id !== "batch") return [operation];
  const names = namesIn(request);
  const succeeded = (resultsOf(body) ?? []).flatMap(({ status }, index) => (status < 300 ? [names[index]] : []));
  return succeeded.map((name) => (name ? routes.operation(BATCHED[name].call) : operation));
}

function unallowed({ id, scope }: Operation, access: Caller["access"], tenant: string | undefined): string[] {
  if (access === "operator") return [];
  if (access === "nobody") return [`${id} let nobody in`];
  if (access.tenant !== tenant) return [`${id} let another tenant's token in`];
  return scope === "any" || access.scopes.has(scope ?? "") ? [] : [`${id} let a token without ${scope} in`];
}

/** Whether a caller may see an owner's secrets. What a user did for a team belongs to both. */
function mayKnow(access: Caller["access"], tenant: string | undefined, { tenant: its, kind, name }: Owner): boolean {
  if (access === "operator") return its === tenant;
  if (access === "nobody" || access.tenant !== its) return false;
  const { user, labels } = access;
  if (user === undefined && labels === undefined) return true;
  if (kind === "user") return user === undefined || user === name;
  return kind === "team" && (labels?.team === undefined || labels.team === name);
}

/** Users and labels in an answer to a caller that is bound to others. */
function foreignSubjects({ user, labels }: Grant, body: unknown, operation: Operation): string[] {
  if (user === undefined && labels === undefined) return [];
  const faults: string[] = [];
  const bound = new Map(Object.entries({ ...labels, ...(user !== undefined && { user }) }));
  const visit = (value: unknown): void => {
    if (typeof value !== "object" || value === null) return;
    const object = value as Record<string, unknown>;
    // The retry of a call that preceded the caller's own erasure is answered with the pseudonym.
    const isErased = (id: unknown) => object.replayed === true && typeof id === "string" && id.startsWith("erased-");
    const isOthers =
      user !== undefined && object.user_id !== undefined && object.user_id !== user && !isErased(object.user_id);
    const isMadeForOthers =
      operation.id === "createToken" && user !== undefined && object.user !== undefined && object.user !== user;
    if (isOthers || isMadeForOthers) faults.push(`${operation.id} disclosed another user to a bound token`);
    if (typeof object.labels === "object" && object.labels !== null) {
      const shown = object.labels as Record<string, unknown>;
      const differs = Object.entries(labels ?? {}).some(([name, label]) => shown[name] !== label);
      if (differs) faults.push(`${operation.id} disclosed another label to a bound token`);
    }
    if (typeof object.scope === "string" && "id" in object) {
      const ids = Array.isArray(object.id) ? object.id : [object.id];
      const parts = object.scope.split("_and_");
      const isAnothers = parts.some(
        (part, index) => bound.has(part) && bound.get(part) !== ids[index] && !isErased(ids[index]),
      );
      const isOwn =
        user === undefined ? [...bound.keys()].every((part) => parts.includes(part)) : parts.includes("user");
      if (isAnothers || !isOwn) faults.push(`${operation.id} disclosed another bucket to a bound token`);
    }
    for (const inner of Object.values(object)) visit(inner);
  };
  visit(body);
  return faults;
}
