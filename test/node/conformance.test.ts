/** The script passes, reports or refuses files of vectors. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";

const SCRIPT = fileURLToPath(new URL("../../scripts/conformance/main.ts", import.meta.url));
const ENGINES = ["in-process", "durable object"];

const folder = mkdtempSync(join(tmpdir(), "conformance-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Writes a file of vectors: text as it is, anything else as JSON. */
function file(name: string, content: unknown): string {
  const path = join(folder, name);
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  return path;
}

function conformance(...files: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [SCRIPT, ...files], { encoding: "utf8" });
  return { status, lines: stdout.trimEnd().split("\n"), stderr };
}

const totals = (tokens_in: number, tokens_out: number, cost_usd: number) => ({
  tokens_in,
  tokens_out,
  tokens_total: tokens_in + tokens_out,
  cost_usd,
});

const LIMITED = {
  name: "limited",
  config: { max_tokens: 100, per_user_max_wall_clock: 60 },
  options: {},
  steps: [
    { at: 0, op: "consume", user_id: "alice", tokens_in: 80, tokens_out: 5, cost_usd: 0.5 },
    { at: 0, op: "allows_step", user_id: "alice", expect: { state: "warn", reason: "tokens at 85%" } },
    { at: 59, op: "usage_for", user_id: "alice", expect: totals(80, 5, 0.5) },
    { at: 60, op: "allows_step", user_id: "alice", expect: { state: "blocked", reason: "per_user_max_wall_clock" } },
    { at: 60, op: "allows_step", user_id: null },
  ],
};

/** A user idle for a day is evicted by default, as in the original, and kept if the options disable that. */
const idleFor = (seconds: number, options: object, tokens: number) => ({
  name: `idle ${seconds} ${JSON.stringify(options)}`,
  config: {},
  options,
  steps: [
    { at: 0, op: "consume", user_id: null, tokens_in: 7, tokens_out: 0, cost_usd: 0 },
    { at: seconds, op: "usage_for", user_id: null, expect: totals(tokens, 0, 0) },
  ],
});

/** A copy of `LIMITED` in which a step expects something else. */
function expecting(step: number, expected: unknown) {
  return { ...LIMITED, steps: LIMITED.steps.map((s, index) => (index === step ? { ...s, expect: expected } : s)) };
}

describe("conformance", () => {
  test("passes vectors that both budgets answer as expected", () => {
    const limited = file("limited.json", [LIMITED]);
    const idle = file("idle.json", [
      idleFor(86_399, {}, 7),
      idleFor(86_400, {}, 0),
      idleFor(86_400, { user_idle_ttl_seconds: null }, 7),
    ]);
    const { status, lines, stderr } = conformance(limited, idle);
    expect(lines).toEqual(["conformance: in-process 4/4, durable object 4/4 cases (11 steps)"]);
    expect(stderr).toBe("");
    expect(status).toBe(0);
  });

  test("names the first step that differs, for both budgets", () => {
    const wrong = { ...expecting(1, { state: "warn", reason: "tokens at 86%" }), name: "wrong" };
    const vectors = file("wrong.json", [LIMITED, wrong]);
    const { status, lines } = conformance(vectors);
    expect(lines).toEqual([
      ...ENGINES.map(
        (engine) =>
          `${engine}: ${vectors}: wrong, step 1 (allows_step): ` +
          'expected {"state":"warn","reason":"tokens at 86%"}, got {"state":"warn","reason":"tokens at 85%"}',
      ),
      "conformance: in-process 1/2, durable object 1/2 cases (10 steps)",
    ]);
    expect(status).toBe(1);
  });

  test("accepts ok and warn if nothing is expected, but not blocked", () => {
    const vectors = file("silent.json", [expecting(1, undefined), { ...expecting(3, undefined), name: "blocked" }]);
    const { status, lines } = conformance(vectors);
    expect(lines).toHaveLength(3);
    for (const [index, engine] of ENGINES.entries()) {
      expect(lines[index]).toContain(`${engine}: ${vectors}: blocked, step 3 (allows_step): expected state ok or warn`);
    }
    expect(status).toBe(1);
  });

  test("counts a fault as a difference, with its message", () => {
    const negative = { at: 0, op: "consume", user_id: null, tokens_in: -1, tokens_out: 0, cost_usd: 0 };
    const vectors = file("faults.json", [
      { name: "step", config: {}, options: {}, steps: [negative] },
      { name: "config", config: { max_tokenz: 1 }, options: {}, steps: [] },
      LIMITED,
    ]);
    const { status, lines } = conformance(vectors);
    expect(lines).toHaveLength(5);
    const faults = ["RangeError: tokens_in takes a whole", "BudgetError: /tokens_in takes a whole"];
    for (const [index, engine] of ENGINES.entries()) {
      expect(lines[2 * index]).toContain(
        `${engine}: ${vectors}: step, step 0 (consume): expected an answer, got ${faults[index]}`,
      );
      expect(lines[2 * index + 1]).toContain(`${engine}: ${vectors}: config, construction: expected a budget, got `);
    }
    expect(lines.at(-1)).toBe("conformance: in-process 1/3, durable object 1/3 cases (6 steps)");
    expect(status).toBe(1);
  });

  const unknownOp = [{ ...LIMITED, steps: [...LIMITED.steps, { at: 61, op: "spend", user_id: null }] }];
  test.each([
    ["is missing", join(folder, "missing.json"), "missing.json: cannot be read (ENOENT)"],
    ["is not JSON", file("text.json", "[{"), "text.json: is not JSON ("],
    ["is not an array", file("object.json", LIMITED), "object.json: takes an array of cases"],
    ["has something else", file("numbers.json", [1]), "numbers.json: case 0 is not an object"],
    ["has an unknown op", file("op.json", unknownOp), 'op.json: case 0 (limited), step 5 has an unknown op "spend"'],
  ])("refuses a file that %s", (_, path, message) => {
    const { status, lines, stderr } = conformance(path);
    expect(stderr).toContain(message);
    expect(lines).toEqual([""]);
    expect(status).toBe(2);
  });

  test("prints its usage without a file", () => {
    const { status, stderr } = conformance();
    expect(stderr).toMatch(/^FILE… is missing\nusage: npm run conformance -- FILE…/);
    expect(status).toBe(2);
  });
});
