/** The built bundle under workerd alone: its state, settings and shutdown. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { buildBundle } from "../../scripts/selfhost/build-bundle.ts";
import { environmentWith } from "../../scripts/selfhost/environment.ts";
import { type ServeOptions, serveBundle } from "../../scripts/selfhost/serve-bundle.ts";
import { workerdConfig } from "../../scripts/selfhost/workerd-config.ts";
import { SECRETS } from "../worker/secrets.ts";
import { runScript } from "./run-script.ts";
import { callJson, ROOT, temporaryDir } from "./wrangler.ts";

let dir: Awaited<ReturnType<typeof temporaryDir>>;
beforeAll(async () => {
  dir = await temporaryDir();
  await buildBundle(join(dir.path, "bundle"));
});
afterAll(() => dir[Symbol.asyncDispose]());

const serve = (state: string, options: Partial<ServeOptions> = {}) =>
  serveBundle({
    bundleDir: join(dir.path, "bundle"),
    stateDir: join(dir.path, state),
    env: { ...process.env, ...SECRETS },
    ...options,
  });

describe("the bundle, served by workerd alone", () => {
  test("keeps what it acknowledged through a SIGKILL and a stop", async () => {
    const consumeAs = (url: string) =>
      callJson("POST", `${url}/v1/tenants/acme/consume`, { tokens_in: 7, user_id: "a" });
    const first = await serve("kept");
    await consumeAs(first.url);
    await first.kill("SIGKILL");
    const second = await serve("kept");
    await consumeAs(second.url);
    await second.kill("SIGTERM");
    await using third = await serve("kept");
    expect(await callJson("GET", `${third.url}/v1/tenants/acme/tenant/usage`)).toMatchObject({
      tokens_in: 14,
      calls: 2,
    });
  });

  test("locks its state until it stops", async () => {
    {
      await using _ = await serve("one");
      await expect(serve("one")).rejects.toThrow(`another process serves ${join(dir.path, "one")}`);
    }
    await using again = await serve("one");
    expect((await fetch(`${again.url}/health`)).status).toBe(200);
  });

  test("takes its settings from the environment, or else from wrangler.toml", async () => {
    const vars = async (env: object) => {
      await using service = await serve("settings", { env: { ...process.env, ...SECRETS, ...env } });
      return (await fetch(`${service.url}/v1/tenants/acme/tenant/usage`)).json();
    };
    expect(await vars({})).toMatchObject({ code: "unauthenticated" });
    expect(await vars({ JWKS_URL: "http://keys.example" })).toMatchObject({
      code: "not_configured",
      detail: expect.stringContaining("JWKS_URL is missing or not valid"),
    });
  });

  test("serves the files of the reference", async () => {
    await using service = await serve("docs");
    const page = await (await fetch(`${service.url}/docs`)).text();
    const files = [...page.matchAll(/(?:src|href)="(\/docs\/[^"]+)"/g)].map(([, path]) => path);
    expect(files).toHaveLength(3);
    for (const path of files) expect.soft((await fetch(`${service.url}${path}`)).status, path).toBe(200);
  });

  test("makes its state readable by its owner only, also in a folder that was open to others", async () => {
    const modeOf = async (path: string) => (await stat(path)).mode & 0o777;
    for (const state of ["new", "open"]) {
      const path = join(dir.path, state);
      if (state === "open") await mkdir(path, { mode: 0o755 });
      await using service = await serve(state);
      await callJson("POST", `${service.url}/v1/tenants/acme/consume`, { tokens_in: 7 });
      expect(await modeOf(path)).toBe(0o700);
      const files = await readdir(path, { recursive: true, withFileTypes: true });
      expect(files.some(({ name }) => name.endsWith(".sqlite"))).toBe(true);
      for (const file of files) {
        expect.soft(await modeOf(join(file.parentPath, file.name)), file.name).toBe(file.isDirectory() ? 0o700 : 0o600);
      }
    }
  });

  test("reports why it does not start", async () => {
    await using running = await serve("busy");
    const port = Number(new URL(running.url).port);
    await expect(serve("other", { port })).rejects.toThrow("Address already in use");
    await expect(serve("other", { bundleDir: dir.path })).rejects.toThrow("npm run build makes it");
  });
});

test("only secrets are taken from a .dev.vars, and the environment takes precedence over it", async () => {
  const file = join(dir.path, "dev.vars");
  await writeFile(file, "ADMIN_TOKEN=of the file\nTOKEN_SECRET=of the file\nCORS_ORIGINS=*\n");
  vi.stubEnv("ADMIN_TOKEN", "of the environment");
  vi.stubEnv("TOKEN_SECRET", undefined);
  const { ADMIN_TOKEN, TOKEN_SECRET, CORS_ORIGINS } = environmentWith(file);
  vi.unstubAllEnvs();
  expect({ ADMIN_TOKEN, TOKEN_SECRET, CORS_ORIGINS }).toEqual({
    ADMIN_TOKEN: "of the environment",
    TOKEN_SECRET: "of the file",
    CORS_ORIGINS: undefined,
  });
});

test("the configuration has all that the Worker has in wrangler.toml, and no secret", () => {
  const wrangler = {
    compatibility_date: "2026-11-01",
    compatibility_flags: ["nodejs_compat"],
    durable_objects: { bindings: [{ name: "TENANT_BUDGET", class_name: "TenantBudget" }] },
    secrets: { required: ["ADMIN_TOKEN"] },
    vars: { GREETING: 'say "hé\\"\n', RATES: { a: [1] } },
    assets: { directory: "site", binding: "SITE" },
  };
  const config = workerdConfig(wrangler, ["index.js", "page.html"], ["/a.css"]);
  for (const line of [
    '(name = "page.html", text = embed "page.html")',
    'compatibilityFlags = ["nodejs_compat"]',
    '(name = "TENANT_BUDGET", durableObjectNamespace = "TenantBudget")',
    '(name = "ADMIN_TOKEN", wrapped = (moduleName = "selfhost:setting", innerBindings = [(name = "said", fromEnvironment = "ADMIN_TOKEN")]))',
    '(name = "said", fromEnvironment = "GREETING"), (name = "otherwise", text = "say \\x22hé\\x5c\\x22\\x0a")]',
    '(name = "said", fromEnvironment = "RATES"), (name = "otherwise", json = "{\\x22a\\x22:[1]}")]',
    '(name = "SITE", wrapped = (moduleName = "selfhost:assets", innerBindings = [(name = "/a.css", data = embed "assets/a.css")]))',
    '(className = "TenantBudget", uniqueKey = "edge-budget-TenantBudget", enableSql = true)',
  ]) {
    expect(config).toContain(line);
  }
  expect(() => workerdConfig(wrangler, ["index.js", "a.png"], [])).toThrow("has no type for .png");
});

describe("npm run selfhost", () => {
  const main = "scripts/selfhost/main.ts";

  test("serves until it is told to stop, and exits 0", async () => {
    const args = ["--bundle", join(dir.path, "bundle"), "--state", join(dir.path, "cli"), "--port", "0"];
    const child = spawn(process.execPath, [join(ROOT, main), ...args], {
      stdio: ["ignore", "pipe", "inherit"],
      env: { ...process.env, ...SECRETS },
    });
    await using _ = { [Symbol.asyncDispose]: async () => void child.kill("SIGKILL") };
    let url: string | undefined;
    for await (const line of createInterface(child.stdout)) {
      [, url] = /^edge-budget serves (\S+);/.exec(line) ?? [];
      if (url) break;
    }
    expect((await fetch(`${url}/health`)).status).toBe(200);
    child.kill("SIGTERM");
    expect(await once(child, "exit")).toEqual([0, null]);
    await expect(fetch(`${url}/health`)).rejects.toThrow("fetch failed");
  });

  test.each([
    ["ADMIN_TOKEN", ""],
    ["CORS_ORIGINS", "https://app.example/"],
  ])("stops if %s is %j, and exits 2", async (name, value) => {
    for (const [secret, set] of Object.entries(SECRETS)) vi.stubEnv(secret, set);
    vi.stubEnv(name, value);
    const args = ["--bundle", join(dir.path, "bundle"), "--state", join(dir.path, name), "--port", "0"];
    expect(await runScript(main, ...args)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(`${name} is missing or not valid`),
    });
    vi.unstubAllEnvs();
  });

  test.each([
    [["--port", "http"], "--port takes a whole number from 0 to 65535"],
    [["--sate", "x"], "Unknown option '--sate'"],
  ])("%j is refused, and exits 2", async (args, message) => {
    expect(await runScript(main, ...args)).toMatchObject({ code: 2, stderr: expect.stringContaining(message) });
  });
});
