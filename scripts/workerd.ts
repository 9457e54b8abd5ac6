/** Bundles a Worker and runs it in a process of its own. */
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";

export interface WorkerdOptions {
  /** The Worker's TypeScript module, as a file URL. */
  readonly entry: URL;
  /** The Worker's Durable Objects, each with SQLite: binding → the class that `entry` exports. */
  readonly durableObjects: Readonly<Record<string, string>>;
  /** The Worker's settings and secrets, by name. */
  readonly vars?: Readonly<Record<string, string>>;
  /** The port of loopback to listen on; a free one by default. */
  readonly port?: number;
}

/** A running workerd. What its objects store is removed with it. */
export interface Workerd {
  /** Where it listens. */
  readonly url: string;
  /** Calls the Worker: a path and the body of a POST. */
  fetch(path: string, body: string): Promise<{ readonly status: number; text(): Promise<string> }>;
  /** Stops workerd and removes what its objects stored. It must always be called. */
  dispose(): Promise<void>;
}

export async function startWorkerd({ entry, durableObjects, vars, port = 0 }: WorkerdOptions): Promise<Workerd> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(entry)],
    bundle: true,
    write: false,
    format: "esm",
    target: "es2024",
    external: ["cloudflare:*"],
    logLevel: "error",
  });
  // The v4 shape of the options, as wrangler uses it: v5's default announces the Worker to others on this machine.
  const options = convertV4MiniflareOptions({
    modules: [{ type: "ESModule", path: "worker.js", contents: outputFiles.map((file) => file.text).join("") }],
    compatibilityDate: "2026-11-01",
    durableObjects: Object.fromEntries(
      Object.entries(durableObjects).map(([binding, className]) => [binding, { className, useSQLite: true }]),
    ),
    bindings: { ...vars },
    host: "127.0.0.1",
    port,
    // No look-up of the request's location: it runs the same without a network.
    cf: false,
  });
  const miniflare = new Miniflare(options);
  const ready = await miniflare.ready.catch(async (error: unknown) => {
    await miniflare.dispose();
    throw error;
  });
  return {
    url: ready.origin,
    fetch: (path, body) => miniflare.dispatchFetch(`http://workerd${path}`, { method: "POST", body }),
    dispose: () => miniflare.dispose(),
  };
}
