/** The bucket that a subject's calls are charged to, and its name on the wire. */

export interface Key {
  readonly scope: string;
  readonly subject: string;
}

/** Who takes a step: a user, null for the anonymous one, and the call's labels. */
export interface Subject {
  readonly user: string | null;
  readonly labels: Readonly<Record<string, string>>;
}

export const TENANT: Key = { scope: "tenant", subject: "" };

/** The subject of a scope's overflow bucket: longer than any id. */
export const OVERFLOW = "*".repeat(257);

export const isSame = (a: Key, b: Key) => a.scope === b.scope && a.subject === b.subject;

/** The bucket of a scope that a subject is charged to; null if it lacks one of the scope's labels. */
export function keyIn(scope: string, { user, labels }: Subject): Key | null {
  if (scope === "tenant") return TENANT;
  const values = scope.split("_and_").map((part) => (part === "user" ? user : labels[part]));
  if (values.includes(undefined)) return null;
  return { scope, subject: values.length > 1 ? JSON.stringify(values) : (values[0] ?? "") };
}

/** A bucket as the wire names it. */
export function nameOf({ scope, subject }: Key) {
  if (subject === OVERFLOW) return { scope, id: null, overflow: true };
  return { scope, id: scope.includes("_and_") ? JSON.parse(subject) : subject || null };
}
