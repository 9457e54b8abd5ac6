/** Prints the strong entity tag of a version (RFC 9110, section 8.8.3). */
export function entityTag(version: number): string {
  return `"v${version}"`;
}

/**
 * Reads the versions that `If-Match` lets an edit be made from (RFC 9110, section 13.1.1): undefined where any will
 * do, none where it names tags that no version has, weak ones among them.
 */
export function parseIfMatch(header: string | undefined): number[] | undefined {
  if (header === undefined || header.trim() === "*") return undefined;
  return header.split(",").flatMap((tag) => {
    const [, version] = /^\s*"v(\d+)"\s*$/.exec(tag) ?? [];
    return version === undefined ? [] : [Number(version)];
  });
}
