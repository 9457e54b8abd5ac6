import { RevokedTokenSchema } from "../../wire/answer-schemas.ts";
import { parseInput, TokenAnswer, TokenRequest } from "../../wire/index.ts";
import { grantFor } from "../access/mint.ts";
import { signToken } from "../access/tokens.ts";
import { jsonBody } from "../json-body.ts";
import { parseId } from "../path-ids.ts";
import type { Route } from "../route.ts";
import { TENANT_PATH } from "./paths.ts";

/** Who may call. */
export const TOKEN_ROUTES: readonly Route[] = [
  {
    method: "post",
    path: `${TENANT_PATH}/tokens`,
    scope: "admin",
    operationId: "createToken",
    tag: "Tokens",
    summary: "Make a token",
    description:
      "For the operator, or with a token with `admin`: then never more than that has itself, in scopes, binding and time. The ledger records it.",
    body: { schema: TokenRequest, example: { scope: "check consume", user: "alice", ttl_seconds: 900 } },
    answer: {
      status: 201,
      description: "The token, which is kept nowhere.",
      schema: TokenAnswer,
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
      const tenant = parseId("tenant", c.var.tenantId);
      const request = parseInput(TokenRequest, await jsonBody(c.req));
      const made = grantFor(c.var.grant, tenant, request, Date.now());
      const { scopes, tenant: _, freeLabels: __, ...recorded } = made;
      await c.var.tenant.mintToken({ ...recorded, scopes: [...scopes] });
      const answer: TokenAnswer = {
        token: await signToken(c.var.signingKey, made),
        jti: made.jti,
        tenant,
        ...(made.user !== undefined && { user: made.user }),
        ...(made.labels && { labels: { ...made.labels } }),
        ...(made.freeLabels && { free_labels: [...made.freeLabels] }),
        scope: [...made.scopes],
        expires_at: new Date(made.expiresAtMs).toISOString(),
      };
      return c.json(answer, 201);
    },
  },
  {
    method: "delete",
    path: `${TENANT_PATH}/tokens/{jti}`,
    scope: "admin",
    operationId: "revokeToken",
    tag: "Tokens",
    summary: "Revoke a token",
    description:
      "At once, for every call after it, and with it every token that was minted with it. It need not be known: a token is kept nowhere.",
    answer: {
      description: "The token does not hold any more.",
      schema: RevokedTokenSchema,
      example: { jti: "6f2b8a1e-0c8e-4a57-9d35-0d7f3f4a2b10", revoked_at: "2026-11-24T05:02:00.000Z" },
    },
    handle: async (c) => c.json(await c.var.tenant.revokeToken(c.req.param("jti") ?? "")),
  },
];
