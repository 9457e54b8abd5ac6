/** Where everything of a tenant lies. */
export const TENANT_PATH = "/v1/tenants/{tenant}";

/** What a path's parameters are. */
export const PATH_PARAMETERS: Readonly<Record<string, string>> = {
  tenant: "The tenant: 1 to 256 bytes of UTF-8, percent-encoded.",
  id: "The user, or the bucket's value of its label; of a joined scope a JSON array of one for each part.",
  jti: "The token's `jti`.",
  reservation: "The reservation's id.",
  scope: "A label's name, or two to four of `user` and labels joined by `_and_`.",
  file: "The file's name, as the page at `/docs` has it.",
  code: "A problem's code.",
};
