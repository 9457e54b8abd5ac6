import { ErasedSchema, ErasedTenantSchema } from "../../wire/answer-schemas.ts";
import { ConfirmQuery } from "../../wire/index.ts";
import { NDJSON } from "../json-body.ts";
import type { Route, RouteContext } from "../route.ts";
import { streamText } from "../stream-text.ts";
import type { TenantOperations } from "../tenant-operations.ts";
import { TENANT_PATH } from "./paths.ts";

/** What is kept of people and of a tenant: told as a whole, and taken away. */
export const PRIVACY_ROUTES: readonly Route[] = [
  {
    method: "get",
    path: `${TENANT_PATH}/export`,
    scope: "admin",
    operationId: "exportTenant",
    tag: "Privacy",
    summary: "Export all that is stored for the tenant",
    description: "A row of a table a line, as it is stored: nano-USD, epoch milliseconds.",
    answer: { description: "Rows, table by table.", types: [NDJSON] },
    handle: exportTenant,
  },
  {
    method: "delete",
    path: `${TENANT_PATH}/users/{id}`,
    scope: "admin",
    operationId: "eraseUser",
    tag: "Privacy",
    summary: "Forget a person",
    description:
      "Their buckets go, and in the ledger a pseudonym stands for their id, which nobody can compute from it. Sums stay. Other calls wait while all that is stored is read.",
    answer: {
      description: "What stands for them now.",
      schema: ErasedSchema,
      example: { pseudonym: "erased-3f1b8a7c20d94e5b6a7f8091", buckets: 2 },
    },
    handle: async (c) => c.json(await c.var.tenant.eraseUser(c.req.param("id") ?? "")),
  },
  {
    method: "delete",
    path: TENANT_PATH,
    scope: "admin",
    operationId: "eraseTenant",
    tag: "Privacy",
    summary: "Delete all that is kept for the tenant",
    description: "At once and for good. What stays is which tokens were revoked, for they must not hold again.",
    query: ConfirmQuery,
    answer: { description: "All is gone.", schema: ErasedTenantSchema, example: { erased: true } },
    handle: async (c) => c.json(await c.var.tenant.eraseTenant(c.req.query("confirm") ?? "")),
  },
];

async function exportTenant(c: RouteContext): Promise<Response> {
  const pages = pagesOf(c.var.tenant);
  // The first page is read before the answer begins, so that what refuses it is still the answer.
  const first = await pages.next();
  return c.body(streamText(printed(first, pages)), 200, { "content-type": NDJSON });
}

async function* pagesOf(tenant: TenantOperations): AsyncGenerator<string> {
  for (let after: string | null = ""; after !== null; ) {
    const page: Awaited<ReturnType<TenantOperations["export"]>> = await tenant.export(after);
    yield page.items.map((row) => `${JSON.stringify(row)}\n`).join("");
    after = page.next;
  }
}

async function* printed(first: IteratorResult<string>, rest: AsyncGenerator<string>): AsyncGenerator<string> {
  if (!first.done) yield first.value;
  yield* rest;
}
