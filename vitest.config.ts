import { existsSync, statfsSync } from "node:fs";
import { cloudflareTest } from "@cloudflare/vitest-pool-workers";
import { defineConfig } from "vitest/config";
import { CountReporter } from "./test/count-reporter.ts";
import { SECRETS } from "./test/worker/secrets.ts";

// Without them in the environment, Wrangler warns that they are missing, though they are bound below.
Object.assign(process.env, SECRETS);

// An object's commit waits for the disk. With temporary files in memory, tests take a fraction of the time.
const MEMORY_DIRECTORY = "/dev/shm";
const ROOM_BYTES = 2 ** 30;
if (!process.env.TMPDIR && existsSync(MEMORY_DIRECTORY)) {
  const { bavail, bsize } = statfsSync(MEMORY_DIRECTORY);
  if (bavail * bsize >= ROOM_BYTES) process.env.TMPDIR = MEMORY_DIRECTORY;
}

export default defineConfig({
  test: {
    reporters: ["default", new CountReporter()],
    // Tests of faults log errors, which matter only if a test fails.
    silent: "passed-only",
    // By default Vitest leaves one core unused, which on two cores means that nothing runs in parallel.
    maxWorkers: "100%",
    provide: { cases: Number(process.env.CASES ?? 1) },
    projects: [
      {
        // Inside workerd: the core, the object, and the HTTP and RPC surfaces.
        plugins: [
          cloudflareTest({
            // The Worker as it is, and beside it a class of object for the original's vectors.
            main: "./test/test-worker.ts",
            // Otherwise workerd prints each exception that a call throws, also if the caller expects it.
            verbose: false,
            wrangler: { configPath: "./wrangler.toml" },
            miniflare: {
              bindings: { ...SECRETS, REQUEST_LOG: "off" },
              durableObjects: { ORIGINAL_BUDGET: { className: "OriginalBudget", useSQLite: true } },
            },
          }),
        ],
        test: {
          name: "workers",
          include: ["test/{core,pricing,tenant,worker,property}/**/*.test.ts"],
          // Files share a worker, which saves its start: each test has its own tenant, and restores what it replaces.
          isolate: false,
          testTimeout: 30_000,
        },
      },
      {
        // In Node: what a person runs from a shell.
        test: { name: "node", include: ["test/node/**/*.test.ts"], testTimeout: 60_000, hookTimeout: 60_000 },
      },
    ],
  },
});
