/** Every script prints its help and refuses invalid options. */
import { describe, expect, test } from "vitest";
import { runScript } from "./run-script.ts";

/** Every script, and the options that its help lists, each with what it takes. */
const SCRIPTS: readonly (readonly [file: string, options: readonly string[]])[] = [
  ["scripts/start.ts", ["--port N", "--state DIR", "--secrets FILE"]],
  ["scripts/clocked/serve.ts", ["--port N"]],
  ["scripts/selfhost/build.ts", []],
  ["scripts/selfhost/main.ts", ["--state DIR", "--port N", "--host ADDRESS", "--bundle DIR", "--build"]],
  ["scripts/audit/main.ts", ["TENANT", "--url URL", "--token TOKEN"]],
  ["scripts/crash/main.ts", ["--kills N", "--clients N", "--max-users N", "--seed N", "--bundle DIR"]],
  ["scripts/fuzz/main.ts", ["--count N", "--clients N", "--seed N", "--url URL", "--bundle DIR"]],
  ["scripts/conformance/main.ts", ["FILE…"]],
  [
    "scripts/replay/main.ts",
    [
      ...["FILE…", "--columns F=C,…", "--config FILE", "--price-in USD", "--price-out USD", "--url URL"],
      ...["--token TOKEN", "--tenant NAME", "--clock", "--out FILE", "--json"],
    ],
  ],
  ["bench/main.ts", ["--quick", "--no-peers", "--save"]],
  ["bench/growth/main.ts", ["LINE…", "--save"]],
  ["examples/edge-agent/main.ts", []],
  ["examples/browser-agent/main.ts", []],
];

describe("each script describes itself and refuses what it does not know", () => {
  test.each(SCRIPTS)("%s", { timeout: 30_000 }, async (file, options) => {
    const [help, refused] = await Promise.all([runScript(file, "--help"), runScript(file, "--nonsense")]);
    const listed = [...help.stdout.matchAll(/^ {2}(\S+( \S+)?) {2,}\S/gm)].map(([, name]) => name);
    expect(listed).toEqual([...options, "--help"]);
    expect(help).toMatchObject({ code: 0, stderr: "", stdout: expect.stringMatching(/^usage: npm .+\n\n\S.+\.\n\n/) });
    expect(refused).toMatchObject({ code: 2, stdout: "" });
    expect(refused.stderr).toMatch(/^Unknown option '--nonsense'\nusage: npm .+\n--help describes the options\n$/);
  });
});

test("help has the default of each option that takes a value", async () => {
  const { stdout } = await runScript("scripts/replay/main.ts", "--help");
  const withValue = stdout.split("\n").filter((line) => /^ {2}--\S+ \S+ {2}/.test(line));
  expect(withValue.filter((line) => !/\(default: .+\)$/.test(line))).toEqual([]);
  expect((await runScript("scripts/crash/main.ts", "--help")).stdout).toContain(
    "--kills N      how often to kill workerd (default: 20)",
  );
});

test.each([
  [["--kills"], "Option '--kills <value>' argument missing"],
  [["--kills", "--seed"], "Option '--kills' argument is ambiguous"],
  [["--kills", "1.5"], '--kills takes a whole number from 0 to 10000, not "1.5"'],
  [["--kills", ""], '--kills takes a whole number from 0 to 10000, not ""'],
  [["--clients", "0"], '--clients takes a whole number from 1 to 1000, not "0"'],
  [["--help=yes"], "Option '--help' does not take an argument"],
  [["now"], 'Unexpected argument "now"'],
])("%j is refused in one line", async (args, message) => {
  const { code, stderr } = await runScript("scripts/crash/main.ts", ...args);
  expect({ code, line: stderr.split("\n")[0] }).toEqual({ code: 2, line: message });
});

test.each([
  [["acme", "--url", "budget.example"], '--url takes an http or https URL, not "budget.example"'],
  [["acme", "globex"], 'Unexpected argument "globex"'],
  [[], "TENANT is missing"],
])("an audit of %j is refused in one line", async (args, message) => {
  const { code, stderr } = await runScript("scripts/audit/main.ts", ...args);
  expect({ code, line: stderr.split("\n")[0] }).toEqual({ code: 2, line: message });
});
