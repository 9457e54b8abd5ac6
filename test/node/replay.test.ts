/** Logs replayed in this process and through a service, and mistakes in them. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startWorkerd, type Workerd } from "../../scripts/workerd.ts";
import { SECRETS } from "../worker/secrets.ts";
import { type Outcome, runScript } from "./run-script.ts";
import { ROOT, temporaryDir } from "./wrangler.ts";

const LOG = `when,in,out,who
2026-01-01 00:00:00.1234567,40,10,alice
2026-01-01 00:00:30.0000000,30,0,"b,o""b"
2026-01-01 00:00:59.9990000,15,5,alice
2026-01-01 00:01:00.0000000,1,0,alice
2026-01-01 00:01:10.0000000,99,0,alice
2026-01-01 00:01:20.0000000,1,0,
`;
const COLUMNS = "--columns=at=when,tokens_in=in,tokens_out=out,user_id=who";

let dir: Awaited<ReturnType<typeof temporaryDir>>;
beforeAll(async () => {
  dir = await temporaryDir();
});
afterAll(() => dir[Symbol.asyncDispose]());

async function file(name: string, content: string | object): Promise<string> {
  const path = join(dir.path, name);
  await writeFile(path, typeof content === "string" ? content : JSON.stringify(content));
  return path;
}

const replay = (...args: string[]): Promise<Outcome> => runScript("scripts/replay/main.ts", ...args);
const replayJson = async (...args: string[]) => JSON.parse((await replay(...args, "--json")).stdout);

describe("a log replayed in-process", () => {
  test("without limits comes to its own totals", async () => {
    expect(await replayJson(await file("log.csv", LOG), COLUMNS)).toEqual({
      rows: 6,
      allowed: 6,
      warned: 0,
      blocked: 0,
      limits: {},
      unpriced: {},
      totals: { tokens_in: 186, tokens_out: 15, cost_usd: 0 },
    });
  });

  test("is blocked under its own clock, and what is blocked is not consumed", async () => {
    const config = await file("minute.json", { max_tokens_per_minute: 100, per_user_max_calls: 4 });
    const out = join(dir.path, "out.ndjson");
    expect(await replayJson(await file("log.csv", LOG), COLUMNS, "--config", config, "--out", out)).toEqual({
      rows: 6,
      allowed: 4,
      warned: 1,
      blocked: 1,
      limits: { max_tokens_per_minute: { first_row: 6, first_at: "2026-01-01T00:01:20.000Z", blocked: 1 } },
      unpriced: {},
      totals: { tokens_in: 185, tokens_out: 15, cost_usd: 0 },
    });
    const decisions = (await readFile(out, "utf8"))
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(decisions).toHaveLength(6);
    expect(decisions[0]).toEqual({
      row: 1,
      at: "2026-01-01T00:00:00.123Z",
      user_id: "alice",
      state: "ok",
      reason: null,
      limit: null,
    });
    expect(decisions[1].user_id).toBe('b,o"b');
    expect(decisions[5]).toMatchObject({ user_id: null, state: "blocked", limit: "max_tokens_per_minute" });
  });

  test("is priced by its tokens if it has no cost, and by its model if it has one", async () => {
    const log = await file("log.csv", LOG);
    const priced = await replayJson(log, COLUMNS, "--price-in", "2.5", "--price-out", "10");
    expect(priced.totals.cost_usd).toBe(0.000615);
    const models = await file(
      "models.jsonl",
      '{"at":1767225600,"tokens_in":1000000,"tokens_out":0,"model":"gpt-4o-mini"}\n',
    );
    expect((await replayJson(models)).totals.cost_usd).toBe(0.15);
  });

  test("can be several files of JSON lines with labels, whose rows are numbered throughout", async () => {
    const line = (at: string, team: string) =>
      `${JSON.stringify({ at, tokens_in: 5, tokens_out: 5, cost_usd: 0.5, team })}\n`;
    const one = await file(
      "one.jsonl",
      line("2026-01-01T01:00:00+01:00", "red") + line("2026-01-01T00:00:01Z", "blue"),
    );
    const two = await file("two.ndjson", line("2026-01-01T00:00:02Z", "red"));
    const config = await file("team.json", { per_team_max_cost_usd: 0.5 });
    expect(await replayJson(one, two, "--columns", "labels.team=team", "--config", config)).toMatchObject({
      rows: 3,
      limits: { per_team_max_cost_usd: { first_row: 3, first_at: "2026-01-01T00:00:02.000Z", blocked: 1 } },
      unpriced: {},
      totals: { tokens_in: 10, cost_usd: 1 },
    });
  });

  test("has cached and reasoning tokens at their own rates", async () => {
    const rows = "1,100000,0,100000,claude-sonnet-4-5\n2,100000,0,,claude-sonnet-4-5\n";
    const log = await file("cached.csv", `at,tokens_in,tokens_out,cache_read_input_tokens,model\n${rows}`);
    expect((await replayJson(log)).totals.cost_usd).toBe(0.33);
    const { code, stderr } = await replay(log, "--columns", "reasoning_output_tokens=tokens_in");
    expect([code, stderr]).toEqual([
      2,
      "row 1: reasoning_output_tokens is a part of tokens_out: it cannot exceed that\n",
    ]);
  });

  test("continues if a model has no price, and reports it, in spite of a cost limit", async () => {
    const log = await file(
      "unpriced.csv",
      "at,tokens_in,tokens_out,model\n1,5,5,nope\n2,5,5,gpt-4o-mini\n3,5,5,nope\n4,5,5,whisper-1\n",
    );
    const config = await file("cost.json", { max_cost_usd: 1 });
    expect(await replayJson(log, "--config", config)).toMatchObject({
      ...{ rows: 4, allowed: 1, warned: 3, blocked: 0, unpriced: { nope: 2, "whisper-1": 1 } },
      totals: { tokens_in: 20, tokens_out: 20 },
    });
    expect((await replay(log)).stdout).toMatch(/models without a price +rows\nnope +2\nwhisper-1 +1\n/);
  });

  test("prints a table for people", async () => {
    const config = await file("cap.json", { max_tokens: 90 });
    const { stdout, code } = await replay(await file("log.csv", LOG), COLUMNS, "--config", config);
    expect(code).toBe(0);
    expect(stdout).toContain("max_tokens          4  2026-01-01T00:01:00.000Z             3");
  });
});

describe("a mistake is reported with its place, and exits 2", () => {
  test.each([
    ["a missing file", ["no-such.csv"], "", "no-such.csv, after row 0: ENOENT"],
    ["a column that is not there", ["log.csv", "--columns=at=time"], LOG, 'the column "time" takes a value'],
    ["no times", ["log.csv"], LOG, 'the column "at" takes a time'],
    [
      "a bad time",
      ["log.csv"],
      "at,tokens_in,tokens_out\nyesterday,1,1\n",
      'row 1: the column "at" takes a time (RFC 3339, or seconds since 1970), not "yesterday"',
    ],
    [
      "negative tokens",
      ["log.csv"],
      "at,tokens_in,tokens_out\n1,1,1\n2,-1,1\n",
      'row 2: the column "tokens_in" takes a whole number from 0, not "-1"',
    ],
    ["a row too short", ["log.csv"], "at,tokens_in,tokens_out\n1,1\n", "after row 0: Invalid Record Length"],
    ["an unknown option", ["log.csv", "--colums=a"], LOG, "Unknown option '--colums'"],
    ["an unknown field", ["log.csv", "--columns=tokens=x"], LOG, "--columns takes FIELD=COLUMN"],
    ["no log", [], LOG, "usage: npm run replay"],
  ])("%s", async (_, args, log, message) => {
    await file("log.csv", log);
    const [name, ...options] = args;
    const { code, stderr } = await replay(...(name ? [join(dir.path, name), ...options] : []));
    expect(stderr).toContain(message);
    expect(code).toBe(2);
  });

  test("a mistyped limit", async () => {
    const config = await file("bad.json", { max_tokenz: 1 });
    const { code, stderr } = await replay(await file("log.csv", LOG), COLUMNS, "--config", config);
    expect(stderr).toContain('max_tokenz has an unknown metric "tokenz"');
    expect(code).toBe(2);
  });
});

describe("a log replayed through a running service", () => {
  let service: Workerd;
  beforeAll(async () => {
    const entry = new URL("scripts/clocked/worker.ts", `file://${ROOT}`);
    service = await startWorkerd({
      entry,
      durableObjects: { TENANT_BUDGET: "ClockedBudget" },
      vars: { ...SECRETS, REQUEST_LOG: "off" },
    });
  });
  afterAll(() => service.dispose());

  test("under a set clock gives the result of an in-process replay, also for a tenant with earlier calls", async () => {
    const log = await file("log.csv", LOG);
    const config = await file("both.json", { max_tokens_per_minute: 100, per_user_max_tokens_per_15m: 70 });
    const inProcess = await replayJson(log, COLUMNS, "--config", config);
    const asked = ["--url", service.url, "--token", SECRETS.ADMIN_TOKEN, "--clock"];
    const through = () => replayJson(log, COLUMNS, "--config", config, ...asked);
    expect(await through()).toEqual(inProcess);
    expect(inProcess.blocked).toBe(2);
    await replayJson(log, COLUMNS, ...asked, "--tenant", "old");
    const again = await replayJson(log, COLUMNS, ...asked, "--tenant", "old");
    expect(again.totals).toEqual({ tokens_in: 186, tokens_out: 15, cost_usd: 0 });
  });

  test("that refuses is reported, with the number of rows before it", async () => {
    const { code, stderr } = await replay(await file("log.csv", LOG), COLUMNS, "--url", service.url);
    expect(stderr).toContain("answered 400: x-clock takes a time");
    expect(stderr).toContain("0 rows were recorded");
    expect(code).toBe(1);
  });

  test("that it has no token for is reported", async () => {
    const { code, stderr } = await replay(await file("log.csv", LOG), COLUMNS, "--url", service.url, "--clock");
    expect(stderr).toContain("answered 401");
    expect(stderr).toContain("this call needs a token");
    expect(code).toBe(1);
  });

  test("that does not answer is reported", async () => {
    const { code, stderr } = await replay(await file("log.csv", LOG), COLUMNS, "--url", "http://127.0.0.1:9");
    expect(stderr).toContain("was not answered");
    expect(code).toBe(1);
  });
});
