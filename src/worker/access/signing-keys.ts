/** The keys that sign tokens. */

export interface SigningKey {
  readonly kid: string;
  readonly secret: Uint8Array;
}

/** HS256 needs a key of at least the hash's size (RFC 7518, section 3.2). */
const MIN_SECRET_BYTES = 32;
/** The key id of a secret without one. */
const DEFAULT_KID = "default";

/** Reads `kid:secret,kid:secret`, or a secret alone; undefined if there is none, one is too short, or a kid repeats. */
export function parseSigningKeys(text: string): readonly [SigningKey, ...SigningKey[]] | undefined {
  const [first, ...others] = text
    .split(",")
    .filter(Boolean)
    .map((pair) => {
      const [, kid = DEFAULT_KID, secret = ""] = /^(?:([^:]+):)?(.*)$/s.exec(pair) ?? [];
      return { kid, secret: new TextEncoder().encode(secret) };
    });
  if (!first) return undefined;
  const keys = [first, ...others] as const;
  const isLong = keys.every(({ secret }) => secret.byteLength >= MIN_SECRET_BYTES);
  const isUnique = new Set(keys.map(({ kid }) => kid)).size === keys.length;
  return isLong && isUnique ? [...keys] : undefined;
}
