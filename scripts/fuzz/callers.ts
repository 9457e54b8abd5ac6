/** Makes callers with every kind of token, valid and invalid. */
import { type JWTPayload, SignJWT, UnsecuredJWT } from "jose";
import { parseSigningKeys, type SigningKey } from "../../src/worker/access/signing-keys.ts";
import { TEAMS, type World } from "./world.ts";

/** What a token allows. */
export interface Grant {
  readonly tenant: string;
  readonly user?: string | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly scopes: ReadonlySet<string>;
}

/** A caller and its permissions. */
export interface Caller {
  readonly name: string;
  readonly authorization: string | undefined;
  /** `operator` may do everything, `nobody` nothing on a tenant. */
  access: "operator" | "nobody" | Grant;
  /** The tenant that it claims to belong to, truly or not. */
  readonly tenant?: string | undefined;
  /** Set if the service made its token. */
  readonly jti?: string;
}

/** Every kind of caller: with permissions, and without. */
export interface Callers {
  readonly operator: Caller;
  readonly granted: readonly Caller[];
  readonly strangers: readonly Caller[];
}

export interface Secrets {
  readonly adminToken: string;
  readonly tokenSecret: string;
}

const SCOPES = ["check", "consume", "reserve", "read", "configure", "admin"] as const;
const HOURS_3 = 10_800;
const CENTURY = 100 * 366 * 86_400;

/** @throws Error if the service would refuse the secret */
export async function makeCallers(world: World, { adminToken, tokenSecret }: Secrets): Promise<Callers> {
  const key = parseSigningKeys(tokenSecret)?.[0];
  if (!key) throw new Error("TOKEN_SECRET is not valid: it takes KID:SECRET");
  const operator: Caller = { name: "the operator", authorization: `Bearer ${adminToken}`, access: "operator" };
  const perTenant = await Promise.all(world.tenants.map((tenant) => grantedCallers(tenant, key)));
  const strangers = await Promise.all(world.tenants.map((tenant) => strangersOf(tenant, key)));
  return { operator, granted: perTenant.flat(), strangers: strangers.flat() };
}

function grantedCallers(tenant: string, key: SigningKey): Promise<Caller[]> {
  const all = { scopes: SCOPES };
  const kinds: [string, { scopes: readonly string[]; user?: string; labels?: Record<string, string> }][] = [
    ["every scope", all],
    ["every scope, again", all],
    ...SCOPES.map((scope): [string, { scopes: string[] }] => [`${scope} alone`, { scopes: [scope] }]),
    ["no scope", { scopes: [] }],
    ["alice's", { ...all, user: "alice" }],
    ["bob's", { ...all, user: "bob" }],
    ["alice's, check and consume", { scopes: ["check", "consume"], user: "alice" }],
    ...TEAMS.map((team): [string, { scopes: readonly string[]; labels: Record<string, string> }] => [
      `team ${team}'s`,
      { ...all, labels: { team } },
    ]),
    ["alice's in red", { ...all, user: "alice", labels: { team: "red" } }],
  ];
  return Promise.all(
    kinds.map(async ([name, { scopes, user, labels }]) => ({
      name: `${tenant}: ${name}`,
      authorization: `Bearer ${await sign({ tenant, user, labels, scope: scopes.join(" ") }, key)}`,
      access: { tenant, user, labels, scopes: new Set(scopes) },
      tenant,
    })),
  );
}

async function strangersOf(tenant: string, key: SigningKey): Promise<Caller[]> {
  const now = Math.floor(Date.now() / 1000);
  const claims = { tenant, scope: SCOPES.join(" ") };
  const good = await sign(claims, key);
  const [head = "", payload = "", signature = ""] = good.split(".");
  const forgedPayload = Buffer.from(JSON.stringify({ ...claims, exp: now + 60, jti: "j" })).toString("base64url");
  const unsecured = new UnsecuredJWT({ ...claims, jti: "j" }).setExpirationTime(now + 600).encode();
  const headers: Record<string, string | undefined> = {
    none: undefined,
    "an empty one": "",
    garbage: "Bearer zzz",
    "three dots": "Bearer ...",
    "another scheme": `Basic ${Buffer.from("admin:admin").toString("base64")}`,
    "a token twice": `Bearer ${good}, Bearer ${good}`,
    "a long one": `Bearer ${"a".repeat(8000)}`,
    "no ASCII": "Bearer \u00e9\u00ff",
    forged: `Bearer ${await sign(claims, { ...key, secret: new TextEncoder().encode("not-the-secret-of-the-service-0123456789") })}`,
    "other claims": `Bearer ${head}.${forgedPayload}.${signature}`,
    "cut off": `Bearer ${head}.${payload}.${signature.slice(0, -2)}`,
    "no signature": `Bearer ${head}.${payload}.`,
    "alg none": `Bearer ${unsecured}`,
    "alg None": `Bearer ${withHeader(good, { alg: "None", kid: key.kid })}`,
    "alg HS512": `Bearer ${await sign(claims, key, { alg: "HS512" })}`,
    "alg RS256": `Bearer ${withHeader(good, { alg: "RS256", kid: key.kid })}`,
    "an unknown crit": `Bearer ${withHeader(good, { alg: "HS256", kid: key.kid, crit: ["x"], x: 1 })}`,
    "another kid": `Bearer ${await sign(claims, key, { kid: "../../key" })}`,
    expired: `Bearer ${await sign({ ...claims, exp: now - 120 }, key)}`,
    "not yet": `Bearer ${await sign({ ...claims, nbf: now + HOURS_3 }, key)}`,
    "too long a life": `Bearer ${await sign({ ...claims, exp: now + CENTURY }, key)}`,
    "no end": `Bearer ${await sign({ ...claims, exp: undefined }, key)}`,
    "no jti": `Bearer ${await sign({ ...claims, jti: undefined }, key)}`,
    "no tenant": `Bearer ${await sign({ ...claims, tenant: undefined }, key)}`,
    "a list of tenants": `Bearer ${await sign({ ...claims, tenant: [tenant] }, key)}`,
    "a tenant of NUL": `Bearer ${await sign({ ...claims, tenant: `${tenant}\u0000` }, key)}`,
    "a lone surrogate": `Bearer ${await sign({ ...claims, user: "\ud800" }, key)}`,
    "a user of 1": `Bearer ${await sign({ ...claims, user: 1 }, key)}`,
    "labels of __proto__": `Bearer ${await sign({ ...claims, labels: JSON.parse('{"__proto__": "x"}') }, key)}`,
  };
  return Object.entries(headers).map(([name, authorization]) => ({
    name: `${tenant}, nobody: ${name}`,
    authorization,
    access: "nobody" as const,
    tenant,
  }));
}

function sign(claims: JWTPayload, { kid, secret }: SigningKey, header: { alg?: string; kid?: string } = {}) {
  const now = Math.floor(Date.now() / 1000);
  return new SignJWT({ iat: now, exp: now + HOURS_3, jti: crypto.randomUUID(), ...claims })
    .setProtectedHeader({ alg: "HS256", kid, ...header })
    .sign(header.alg === "HS512" ? Buffer.concat([secret, secret, secret]) : secret);
}

/** Replaces the header of a token. */
function withHeader(token: string, header: object): string {
  return token.replace(/^[^.]*/, Buffer.from(JSON.stringify(header)).toString("base64url"));
}
