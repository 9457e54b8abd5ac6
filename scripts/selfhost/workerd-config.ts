/** Translates `wrangler.toml` into a configuration for workerd alone. */

/** The parts of `wrangler.toml` that workerd needs. */
export interface WranglerConfig {
  readonly compatibility_date: string;
  readonly compatibility_flags?: readonly string[];
  readonly durable_objects?: { readonly bindings: readonly { readonly name: string; readonly class_name: string }[] };
  readonly secrets?: { readonly required?: readonly string[] };
  readonly vars?: Readonly<Record<string, unknown>>;
  readonly assets: { readonly directory: string; readonly binding: string };
}

/** The module type of each file that the bundle imports, by its extension. */
const MODULE_TYPES: Readonly<Record<string, string>> = {
  js: "esModule",
  mjs: "esModule",
  json: "json",
  txt: "text",
  html: "text",
  sql: "text",
  wasm: "wasm",
  bin: "data",
};

/**
 * Takes a setting from the environment, or else from `wrangler.toml`. workerd's own binding to the environment is null
 * if the variable is not set.
 */
const SETTING = "export default ({ said, otherwise }) => said ?? otherwise;";

/** Makes a binding to static assets from their contents by path. */
const ASSETS = `export default (files) => ({
  async fetch(url) {
    const file = files[new URL(url).pathname];
    return new Response(file, { status: file ? 200 : 404 });
  },
});`;

/**
 * Writes workerd's configuration for a bundle, in Cap'n Proto's text form. It names no folder and no port, and has no
 * secret: those are given to workerd when it starts, as `--directory-path state=DIR`, `--socket-addr http=HOST:PORT`
 * and its environment, in which each of the variables can be set too. Bindings that exist only on Cloudflare
 * (rate limits) are left out.
 *
 * @param modules the bundle's files, the Worker's main module first
 * @param assetPaths its static assets, by the paths that the Worker fetches; the bundle has them below `assets`
 */
export function workerdConfig(
  wrangler: WranglerConfig,
  modules: readonly string[],
  assetPaths: readonly string[],
): string {
  const { compatibility_date, compatibility_flags = [], durable_objects, secrets, vars = {}, assets } = wrangler;
  const objects = durable_objects?.bindings ?? [];
  const bindings = [
    ...objects.map(({ name, class_name }) => [name, `durableObjectNamespace = ${text(class_name)}`]),
    ...(secrets?.required ?? []).map((name) => [name, setting(name)]),
    ...Object.entries(vars).map(([name, value]) => [name, setting(name, value)]),
    [assets.binding, staticAssets(assetPaths)],
  ];
  return `# Made by \`npm run build\` from wrangler.toml: the bundle beside it, for a workerd alone.
using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "edge-budget", worker = .worker),
    (name = "state", disk = (writable = true)),
  ],
  sockets = [(name = "http", http = (), service = "edge-budget")],
  extensions = [(modules = [
    (name = "selfhost:setting", internal = true, esModule = ${text(SETTING)}),
    (name = "selfhost:assets", internal = true, esModule = ${text(ASSETS)}),
  ])],
);

const worker :Workerd.Worker = (
  modules = ${list(modules.map((file) => `name = ${text(file)}, ${moduleType(file)} = embed ${text(file)}`))},
  compatibilityDate = ${text(compatibility_date)},
  compatibilityFlags = [${compatibility_flags.map(text).join(", ")}],
  bindings = ${list(bindings.map(([name = "", value]) => `name = ${text(name)}, ${value}`))},
  durableObjectNamespaces = ${list(objects.map(({ class_name }) => namespace(class_name)))},
  durableObjectStorage = (localDisk = "state"),
);
`;
}

/** The key names the class's folder and is part of every object's id: with another one, stored data is not found. */
function namespace(className: string): string {
  return `className = ${text(className)}, uniqueKey = ${text(`edge-budget-${className}`)}, enableSql = true`;
}

/** The binding of a setting: text from the environment, else the value of `wrangler.toml`, else undefined. */
function setting(name: string, otherwise?: unknown): string {
  const values = [`name = "said", fromEnvironment = ${text(name)}`];
  if (typeof otherwise === "string") values.push(`name = "otherwise", text = ${text(otherwise)}`);
  else if (otherwise !== undefined) values.push(`name = "otherwise", json = ${text(JSON.stringify(otherwise))}`);
  const bindings = values.map((value) => `(${value})`).join(", ");
  return `wrapped = (moduleName = "selfhost:setting", innerBindings = [${bindings}])`;
}

/** The binding to the static assets. They are embedded, so that workerd needs no path but the state's. */
function staticAssets(paths: readonly string[]): string {
  const bindings = paths.map((path) => `(name = ${text(path)}, data = embed ${text(`assets${path}`)})`).join(", ");
  return `wrapped = (moduleName = "selfhost:assets", innerBindings = [${bindings}])`;
}

function moduleType(file: string): string {
  const extension = file.slice(file.lastIndexOf(".") + 1);
  const type = MODULE_TYPES[extension];
  if (!type) throw new Error(`${file} is in the bundle, and workerd's configuration has no type for .${extension}`);
  return type;
}

function list(structs: readonly string[]): string {
  return `[\n${structs.map((struct) => `    (${struct}),\n`).join("")}  ]`;
}

/** A string in Cap'n Proto's text form, which has the escapes of C. */
function text(value: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what has to be escaped
  const escaped = value.replaceAll(/[\u0000-\u001f"\\\u007f]/g, (character) => {
    return `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`;
  });
  return `"${escaped}"`;
}
