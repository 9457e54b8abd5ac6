/** Acknowledged writes survive kills, and lost or repeated ones are reported. */
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { auditReport } from "../../scripts/audit/report.ts";
import { accountFor } from "../../scripts/crash/accounting.ts";
import type { Write } from "../../scripts/crash/journal.ts";
import { buildBundle } from "../../scripts/selfhost/build-bundle.ts";
import { serveBundle } from "../../scripts/selfhost/serve-bundle.ts";
import type { LedgerEntry } from "../../src/wire/index.ts";
import { SECRETS } from "../worker/secrets.ts";
import { runScript } from "./run-script.ts";
import { callJson, temporaryDir } from "./wrangler.ts";

const SPENT = { tokens_in: 5, tokens_out: 1, cost_usd: 0.25 };
const TOTALS = {
  ...{ tokens_total: 6, calls: 1 },
  ...{ cache_read_input_tokens: 0, cache_write_input_tokens: 0, reasoning_output_tokens: 0 },
  ...{ unpriced_calls: 0, unpriced_tokens: 0 },
  ...SPENT,
};

describe("the comparison after a crash", () => {
  const write = (more: Partial<Write> = {}): Write => ({
    key: "k",
    kind: "consume",
    userId: "u",
    spent: SPENT,
    outcome: "acknowledged",
    replayed: false,
    ...more,
  });
  const entry = (more: Partial<LedgerEntry> = {}): LedgerEntry => ({
    id: 1,
    at: "2026-11-24T03:00:00.000Z",
    kind: "consume",
    user_id: "u",
    idempotency_key: "k",
    ...SPENT,
    ...more,
  });
  const hold = (leftToExpire?: "release" | "charge") =>
    write({ kind: "hold", spent: undefined, ...(leftToExpire && { leftToExpire }) });
  const held = entry({ kind: "hold", reservation: "r" });
  const ended = (estimated: boolean) =>
    entry({ kind: "expiry", reservation: "r", estimated, idempotency_key: undefined });

  test.each<[string, Write, LedgerEntry[], object]>([
    ["acknowledged and there once", write(), [entry()], { acknowledged: 1, lost: 0, doubled: 0, faults: [] }],
    ["acknowledged and not there", write(), [], { lost: 1, doubled: 0, faults: [expect.stringMatching("^lost: ")] }],
    ["there with another amount", write(), [entry({ cost_usd: 0.2 })], { lost: 1, faults: { length: 1 } }],
    ["there for another user", write(), [entry({ user_id: "v" })], { lost: 1, faults: { length: 1 } }],
    ["there twice", write(), [entry(), entry({ id: 2 })], { lost: 0, doubled: 1, faults: { length: 1 } }],
    [
      "given up and counted",
      write({ outcome: "given up" }),
      [entry()],
      { acknowledged: 0, givenUpCarriedOut: 1, faults: [] },
    ],
    ["given up and not there", write({ outcome: "given up" }), [], { givenUp: 1, givenUpCarriedOut: 0, faults: [] }],
    [
      "given up and counted twice",
      write({ outcome: "given up" }),
      [entry(), entry()],
      { doubled: 1, faults: { length: 1 } },
    ],
    ["nobody's", write({ outcome: "given up" }), [entry({ idempotency_key: "x" })], { faults: { length: 1 } }],
    ["a reservation, settled by a commit", hold(), [held], { faults: [] }],
    ["a reservation that expired early", hold(), [held, ended(false)], { faults: { length: 1 } }],
    [
      "a reservation with on_expiry release, released",
      hold("release"),
      [held, ended(false)],
      { expired: 1, faults: [] },
    ],
    ["a reservation with on_expiry charge, charged", hold("charge"), [held, ended(true)], { expired: 1, faults: [] }],
    ["a reservation with on_expiry release, charged", hold("release"), [held, ended(true)], { faults: { length: 1 } }],
    ["a reservation, charged twice", hold("charge"), [held, ended(true), ended(true)], { faults: { length: 1 } }],
    ["a reservation that did not expire", hold("charge"), [held], { faults: { length: 1 } }],
  ])("%s", (_, written, ledger, expected) => {
    expect(accountFor([written], ledger)).toMatchObject(expected);
  });
});

describe("a bundle that serves", () => {
  let dir: Awaited<ReturnType<typeof temporaryDir>>;
  let bundleDir: string;
  beforeAll(async () => {
    dir = await temporaryDir();
    bundleDir = join(dir.path, "bundle");
    await buildBundle(bundleDir);
  });
  afterAll(() => dir[Symbol.asyncDispose]());

  test("and is killed under load loses nothing that it acknowledged, and counts nothing twice", async () => {
    const options = ["--kills", "3", "--clients", "8", "--seed", "3", "--bundle", bundleDir];
    const { stdout, code } = await runScript("scripts/crash/main.ts", ...options);
    expect(stdout).toMatch(/^crash: seed 3, 8 clients\nkill 1 of 3, \d+ ms/);
    expect(stdout).toMatch(/\ncrash: 3 kills, [1-9]\d* acknowledged, 0 lost, 0 doubled\n$/);
    expect(code).toBe(0);
  });

  test("proves its totals to an authorized caller", async () => {
    const env = { ...process.env, ...SECRETS };
    await using service = await serveBundle({ bundleDir, stateDir: join(dir.path, "audited"), env });
    await callJson("POST", `${service.url}/v1/tenants/acme/consume`, { ...SPENT, user_id: "u" });
    const audit = (token: string) => runScript("scripts/audit/main.ts", "acme", "--url", service.url, "--token", token);
    expect(await audit(SECRETS.ADMIN_TOKEN)).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(
        /^acme: 1 ledger entry .*, 2 buckets compared\n(.*\n)+audit: acme, 0 differences\n$/,
      ),
    });
    expect(await audit("nobody")).toMatchObject({ code: 2, stderr: expect.stringContaining("answered 401") });
  });
});

describe("an audit", () => {
  test("says what it proves", () => {
    const answer = { ok: true, entries: 1, buckets: 2, differences: [], totals: TOTALS };
    expect(auditReport("acme", answer).split("\n")).toEqual([
      "acme: 1 ledger entry added up, 2 buckets compared",
      "Each bucket's tokens, cost and calls equal the sums of its entries, to the nano-USD.",
      "Totals: 5 tokens in, 1 out, 0.25 USD, 1 call",
      "audit: acme, 0 differences",
    ]);
  });

  test("says which bucket differs, and by what", () => {
    const differences = [{ scope: "user", id: null, ledger: { ...TOTALS, calls: 2 }, stored: TOTALS }];
    const report = auditReport("acme", { ok: false, entries: 1, buckets: 2, differences, totals: TOTALS });
    expect(report).toContain("the anonymous user:\n  calls: 2 in the ledger, 1 stored\n");
    expect(report).toMatch(/audit: acme, 1 difference$/);
  });
});
