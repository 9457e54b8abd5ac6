/** test/README.md lists every test file. */
import { readdir, readFile } from "node:fs/promises";
import { expect, test } from "vitest";

const TEST_DIR = new URL("../", import.meta.url).pathname;

test("test/README.md lists each test file once, and no other", async () => {
  const readme = await readFile(`${TEST_DIR}README.md`, "utf8");
  const listed = [...readme.matchAll(/\]\(([^)]+\.test\.ts)\)/g)].map(([, path]) => path);
  const files = (await readdir(TEST_DIR, { recursive: true })).filter((path) => path.endsWith(".test.ts"));
  expect(files).toContain("node/test-map.test.ts");
  expect(listed.toSorted()).toEqual(files.toSorted());
});
