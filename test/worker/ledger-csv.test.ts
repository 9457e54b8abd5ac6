/** How ids are quoted in CSV, so that no spreadsheet runs them. */
import { expect, test } from "vitest";
import { newTenantPath, send, sendJson } from "./http.ts";

/** The user's cell of the only entry's row, as RFC 4180 quotes it. */
async function userCell(user_id: string): Promise<string> {
  const tenant = newTenantPath();
  await sendJson("POST", `${tenant}/consume`, { user_id, tokens_in: 1 });
  const csv: string = (await send(`${tenant}/ledger/export?format=csv`)).body;
  const [, cell = ""] = /,consume,("(?:[^"]|"")*"|[^",\r\n]*),/.exec(csv) ?? [];
  return cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell;
}

test.each([
  ["=1+1", "'=1+1"],
  ["+1", "'+1"],
  ["-1", "'-1"],
  ["@SUM(A1)", "'@SUM(A1)"],
  ["＝1", "'＝1"],
  [" =1", "' =1"],
  ["\t=1", "'\t'=1"],
  ["\r=1", "'\r'=1"],
  ["\nalice", "'\nalice"],
  ["alice\n=1", "alice\n'=1"],
  ["alice\r\n+1", "alice\r\n'+1"],
  ["alice\t-1\t@x", "alice\t'-1\t'@x"],
  ["alice\n =1", "alice\n '=1"],
])("neither %j nor any line of it is a formula in a spreadsheet", async (id, cell) => {
  expect(await userCell(id)).toBe(cell);
});

test.each(["alice", "a-b@example.com", "a=1", 'a "b", c', "a\nb"])("%j is unchanged", async (id) => {
  expect(await userCell(id)).toBe(id);
});
