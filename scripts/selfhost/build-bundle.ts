/** Bundles the Worker, and writes the configuration that serves it. */
import { execFile } from "node:child_process";
import { cp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { parse } from "smol-toml";
import { SWAGGER_UI } from "../../src/worker/openapi/swagger-ui.ts";
import { WRANGLER_ENVIRONMENT } from "../wrangler-environment.ts";
import { type WranglerConfig, workerdConfig } from "./workerd-config.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const MAIN_MODULE = "index.js";
const run = promisify(execFile);

/**
 * Bundles the Worker as a deploy would, and writes workerd's configuration next to it.
 *
 * @param dir receives both; its previous contents are deleted
 * @returns what wrangler printed
 * @throws Error with what wrangler printed, if it failed
 */
export async function buildBundle(dir: string): Promise<string> {
  await rm(dir, { recursive: true, force: true });
  const wrangler = createRequire(import.meta.url).resolve("wrangler/package.json");
  const args = [join(wrangler, "../bin/wrangler.js"), "deploy", "--dry-run", "--outdir", dir];
  const { stdout } = await run(process.execPath, args, {
    cwd: ROOT,
    env: { ...process.env, ...WRANGLER_ENVIRONMENT },
  });
  const files = (await readdir(dir)).filter((file) => !/\.(map|md)$/.test(file) && file !== MAIN_MODULE);
  const config = parse(await readFile(join(ROOT, "wrangler.toml"), "utf8")) as unknown as WranglerConfig;
  const assets = Object.values(SWAGGER_UI).map(({ path }) => path);
  for (const path of assets) await cp(join(ROOT, config.assets.directory, path), join(dir, "assets", path));
  await writeFile(join(dir, "workerd.capnp"), workerdConfig(config, [MAIN_MODULE, ...files.toSorted()], assets));
  return stdout;
}
