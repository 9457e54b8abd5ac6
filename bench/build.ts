/** Builds the product's bundle as a deploy would, and the bench's own Workers. */
import { execFile } from "node:child_process";
import { cp } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build } from "esbuild";
import { BenchError } from "./bench-error.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** The modules that workerd serves, as `buildInto` names them. */
export const PRODUCT = "product.js";
export const FLOOR = "floor.js";
export const STORE = "store.js";
export const OBJECT = "object.js";
export const AGENT = "agent.js";
export const COUNTING = "counting.js";
export const CLOCKED = "clocked.js";

export async function buildInto(dir: string): Promise<void> {
  await promisify(execFile)("npm", ["run", "build"], { cwd: ROOT }).catch(({ stdout, stderr }) => {
    throw new BenchError(`npm run build failed:\n${stdout}${stderr}`);
  });
  await cp(join(ROOT, "dist/index.js"), join(dir, PRODUCT));
  await build({
    entryPoints: [FLOOR, STORE, OBJECT, AGENT, COUNTING, CLOCKED].map((name) =>
      join(ROOT, "bench/workers", name.replace(".js", ".ts")),
    ),
    outdir: dir,
    bundle: true,
    format: "esm",
    target: "es2024",
    external: ["cloudflare:*"],
    logLevel: "error",
  });
}
