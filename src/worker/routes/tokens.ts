/** The routes that create and revoke tokens. */
import { OPERATIONS, parseInput } from "../../operations/index.ts";
import { TokenRequest, TokenResponse } from "../../wire/index.ts";
import { grantFor } from "../access/mint.ts";
import { signToken } from "../access/tokens.ts";
import { jsonBody } from "../json-body.ts";
import { type Route, routeOf, TENANT_PATH } from "../route.ts";
import { requireTenantId } from "../tenant-operations.ts";

export const TOKEN_ROUTES: readonly Route[] = [
  {
    method: "post",
    path: `${TENANT_PATH}/tokens`,
    scope: OPERATIONS.mint_token.scope,
    operationId: "createToken",
    tag: "Tokens",
    summary: "Create a token",
    description:
      "Needs the operator's token or a token with `admin`, whose scopes, binding and expiry the new token cannot exceed. The ledger records the new token.",
    body: { schema: TokenRequest, example: { scope: "check consume", user: "alice", ttl_seconds: 900 } },
    answer: {
      status: 201,
      description: "The token. The service does not store it.",
      schema: TokenResponse,
      example: {
        token: "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCIsImtpZCI6ImsxIn0.eyJ0ZW5hbnQiOiJhY21lIn0.c2lnbmF0dXJl",
        jti: "6f2b8a1e-0c8e-4a57-9d35-0d7f3f4a2b10",
        tenant: "acme",
        user: "alice",
        scope: ["check", "consume"],
        expires_at: "2026-11-24T05:15:00.000Z",
      },
    },
    handle: async (c) => {
      const tenant = requireTenantId(c.var.tenantId);
      const request = parseInput(TokenRequest, await jsonBody(c.req));
      const grant = grantFor(c.var.grant, tenant, request, Date.now());
      const { scopes, tenant: _, freeLabels: __, ...recorded } = grant;
      await c.var.tenant.mintToken({ ...recorded, scopes: [...scopes] });
      const answer: TokenResponse = {
        token: await signToken(c.var.signingKey, grant),
        jti: grant.jti,
        tenant,
        ...(grant.user !== undefined && { user: grant.user }),
        ...(grant.labels && { labels: { ...grant.labels } }),
        ...(grant.freeLabels && { free_labels: [...grant.freeLabels] }),
        scope: [...grant.scopes],
        expires_at: new Date(grant.expiresAtMs).toISOString(),
      };
      return c.json(answer, 201);
    },
  },
  routeOf("revoke_token", {
    method: "delete",
    path: `${TENANT_PATH}/tokens/{jti}`,
    operationId: "revokeToken",
    tag: "Tokens",
    description:
      "Takes effect immediately, also for every token that was minted with this one. Any id can be revoked, because the service does not store tokens.",
    answer: {
      description: "The token is no longer valid.",
      example: { jti: "6f2b8a1e-0c8e-4a57-9d35-0d7f3f4a2b10", revoked_at: "2026-11-24T05:02:00.000Z" },
    },
    handle: async (c) => c.json(await c.var.tenant.revokeToken(c.req.param("jti") ?? "")),
  }),
];
