/** An origin as a browser writes it (RFC 6454, section 6.2): a scheme, a host and an optional port, in lower case. */
const ORIGIN = /^[a-z][a-z\d+.-]*:\/\/(?:[a-z\d._-]+|\[[\da-f:]+\])(?::\d{1,5})?$/;

/** What a list of allowed origins takes. */
export const TAKES_ORIGINS =
  "origins with spaces between, each a scheme, a host and an optional port, such as https://app.example, or * for any, or nothing";

/** Reads the origins whose pages may call; undefined if one could never equal what a browser sends. */
export function parseOrigins(text: string): ReadonlySet<string> | undefined {
  const origins = text.split(/\s+/).filter(Boolean);
  return origins.every((origin) => origin === "*" || isOrigin(origin)) ? new Set(origins) : undefined;
}

function isOrigin(text: string): boolean {
  if (!ORIGIN.test(text)) return false;
  // A web address has one way to be written, without its scheme's own port; that of an app has no rule.
  return !/^https?:/.test(text) || URL.parse(text)?.origin === text;
}
