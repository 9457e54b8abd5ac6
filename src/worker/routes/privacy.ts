/** The routes that export and erase stored data. */
import { ConfirmQuery } from "../../wire/index.ts";
import { printNdjson, streamPages } from "../export.ts";
import { NDJSON } from "../json-body.ts";
import { type Route, routeOf, TENANT_PATH } from "../route.ts";

export const PRIVACY_ROUTES: readonly Route[] = [
  routeOf("export", {
    method: "get",
    path: `${TENANT_PATH}/export`,
    operationId: "exportTenant",
    tag: "Privacy",
    query: null,
    description: "Returns every stored row on a line, as it is stored: in nano-USD and epoch milliseconds.",
    answer: { description: "Rows, table by table.", types: [NDJSON] },
    handle: async (c) => {
      const rows = await streamPages("", (after) => c.var.tenant.export(after), printNdjson);
      return c.body(rows, 200, { "content-type": NDJSON });
    },
  }),
  routeOf("erase_user", {
    method: "delete",
    path: `${TENANT_PATH}/users/{id}`,
    operationId: "eraseUser",
    tag: "Privacy",
    description:
      "Deletes the user's buckets, and replaces their id everywhere else by a pseudonym that cannot be computed from it. Sums stay. Calls that read the ledger wait until this is done.",
    answer: {
      description: "The pseudonym that replaces the id.",
      example: { pseudonym: "erased-3f1b8a7c20d94e5b6a7f8091", buckets: 2 },
    },
    handle: async (c) => c.json(await c.var.tenant.eraseUser(c.req.param("id") ?? "")),
  }),
  routeOf("erase_tenant", {
    method: "delete",
    path: TENANT_PATH,
    operationId: "eraseTenant",
    tag: "Privacy",
    description:
      "Deletes everything stored for the tenant, immediately and permanently, except its revoked tokens, which must not become valid again.",
    query: ConfirmQuery,
    answer: { description: "Everything was deleted.", example: { erased: true } },
    handle: async (c) => c.json(await c.var.tenant.eraseTenant(c.req.query("confirm") ?? "")),
  }),
];
