/** Starts Chromium, or skips the test if there is none. */
import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";
import type { TestContext } from "vitest";

/** The path of Debian's package, unless `CHROMIUM` is set. */
const EXECUTABLE = process.env.CHROMIUM ?? "/usr/bin/chromium";

const ARGS = [
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Starts Chromium. If it is not installed, the test is skipped with a note, or fails under `CI=true`. */
export async function startBrowser({ skip }: TestContext): Promise<Browser> {
  if (!existsSync(EXECUTABLE)) {
    const why = `there is no Chromium at ${EXECUTABLE}; install it, or say with CHROMIUM where it is`;
    if (process.env.CI === "true") throw new Error(why);
    console.warn(`skipped a test in a browser: ${why}`);
    skip(why);
  }
  // Its sandbox does not work for root, as which tests run in a container.
  return chromium.launch({ executablePath: EXECUTABLE, chromiumSandbox: process.getuid?.() !== 0, args: ARGS });
}
