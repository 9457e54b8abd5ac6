/** The tables of settings and bounds in the documentation match the code. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { SETTINGS, type Setting } from "../../src/core/index.ts";
import { describeType } from "../../src/core/values.ts";
import { ROOT } from "./wrangler.ts";

const settings: readonly (readonly [name: string, setting: Setting])[] = Object.entries(SETTINGS);

/** Separates the thousands of every number, for people. */
const readable = (text: string) => text.replaceAll(/\d{4,}/g, (digits) => Number(digits).toLocaleString("en-US"));

const inCode = (value: unknown) => `\`${typeof value === "number" ? readable(`${value}`) : JSON.stringify(value)}\``;

/** The table below its heading. */
const TABLE = /(?<=^## All settings\n\n)\|[^#]*?(?=\n\n)/m;

function rowOf([name, setting]: (typeof settings)[number]): string {
  const inProcess =
    setting.defaultInProcess === undefined ? "" : `; of a \`StandardBudget\`, ${inCode(setting.defaultInProcess)}`;
  const cells = [
    `\`${name}\``,
    setting.description,
    readable(describeType(setting)),
    inCode(setting.default) + inProcess,
  ];
  return `| ${cells.join(" | ")} |`;
}

test("docs/settings.md has the table of settings", async () => {
  const page = await readFile(join(ROOT, "docs/settings.md"), "utf8");
  const table = ["| setting | means | takes | default |", "|---|---|---|---|", ...settings.map(rowOf)].join("\n");
  expect(page).toMatch(TABLE);
  await expect(page.replace(TABLE, () => table)).toMatchFileSnapshot("../../docs/settings.md");
});

test("docs/bounds.md has the bounds and defaults of settings", async () => {
  const rows = (await readFile(join(ROOT, "docs/bounds.md"), "utf8")).split("\n");
  for (const name of ["max_event_tokens", "max_event_cost_usd", "max_users", "max_reserved_share"] as const) {
    const setting: Setting = SETTINGS[name];
    const stated = [
      setting.default,
      ...(name.startsWith("max_event_") ? ["maximum" in setting && setting.maximum] : []),
    ];
    const row = rows.find((each) => each.includes(`\`${name}\``));
    for (const number of stated) expect(row).toContain(readable(`${number}`));
  }
});
