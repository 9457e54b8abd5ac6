import { cloudflareTest } from "@cloudflare/vitest-pool-workers";
import { defineConfig } from "vitest/config";
import { CountReporter } from "./test/count-reporter.ts";
import { SECRETS } from "./test/worker/secrets.ts";

// Wrangler warns of secrets that neither the environment nor a `.dev.vars` has; what is bound below goes before both.
Object.assign(process.env, SECRETS);

export default defineConfig({
  test: {
    reporters: ["default", new CountReporter()],
    provide: { cases: Number(process.env.CASES ?? 1) },
    projects: [
      {
        // Inside workerd: the core, the object, and the HTTP and RPC surfaces.
        plugins: [
          cloudflareTest({
            // The Worker as it is, and beside it a class of object for the original's vectors.
            main: "./test/test-worker.ts",
            wrangler: { configPath: "./wrangler.toml" },
            miniflare: {
              bindings: { ...SECRETS, REQUEST_LOG: "off" },
              durableObjects: { ORIGINAL_BUDGET: { className: "OriginalBudget", useSQLite: true } },
            },
          }),
        ],
        test: { name: "workers", include: ["test/{core,tenant,worker,property}/**/*.test.ts"], testTimeout: 30_000 },
      },
      {
        // In Node: what a person runs from a shell.
        test: { name: "node", include: ["test/node/**/*.test.ts"], testTimeout: 60_000, hookTimeout: 60_000 },
      },
    ],
  },
});
