/**
 * Makes what stands for an id that is forgotten: a hash of it with a salt that is kept nowhere, so that nobody can find
 * out whose it was by trying.
 */
export async function pseudonymOf(id: string): Promise<string> {
  const salt = crypto.getRandomValues(new Uint8Array(32));
  const salted = new Uint8Array([...salt, ...new TextEncoder().encode(id)]);
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", salted));
  return `erased-${[...hash.subarray(0, 12)].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}
