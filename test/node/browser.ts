/** Starts Chromium, or skips the test if there is none. */
import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";
import type { TestContext } from "vitest";

/** Where Debian's package puts it, unless `CHROMIUM` says another place. */
const EXECUTABLE = process.env.CHROMIUM ?? "/usr/bin/chromium";

const ARGS = [
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Starts Chromium; where there is none, skips the test and says so, or under `CI=true` fails it. */
export async function startBrowser({ skip }: TestContext): Promise<Browser> {
  if (!existsSync(EXECUTABLE)) {
    const why = `there is no Chromium at ${EXECUTABLE}; install it, or say with CHROMIUM where it is`;
    if (process.env.CI === "true") throw new Error(why);
    console.warn(`skipped a test in a browser: ${why}`);
    skip(why);
  }
  // Its sandbox does not work for root, whom tests run as in a container.
  return chromium.launch({ executablePath: EXECUTABLE, chromiumSandbox: process.getuid?.() !== 0, args: ARGS });
}
