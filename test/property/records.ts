/** Arbitraries of objects that can be sent over RPC: whole, partial and merged. */
import fc from "fast-check";

type Fields<T> = { [K in keyof T]: fc.Arbitrary<T[K]> };

export const record = <T>(fields: Fields<T>) => fc.record<T>(fields, { noNullPrototype: true });

/** An object with some of these fields. */
export const some = <T>(fields: Fields<T>) =>
  fc.record(fields, { requiredKeys: [], noNullPrototype: true }) as fc.Arbitrary<Partial<T>>;

export function merged<T extends object>(parts: readonly (T | null)[]): T {
  return Object.assign({}, ...parts);
}
