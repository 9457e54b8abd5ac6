/** Runs Workers on this machine without any way around their tokens. */
import { unstable_startWorker } from "wrangler";
import { WRANGLER_ENVIRONMENT } from "./wrangler-environment.ts";

export interface DevServerOptions {
  /** The Workers' configurations. The first one's Worker gets the port, each other a free one. */
  readonly configs: readonly string[];
  /** Where the first Worker listens on loopback. */
  readonly port: number;
  /** The directory of the Workers' storage. */
  readonly stateDir: string;
  /** A file of `NAME=value` lines that replaces `.dev.vars`. */
  readonly secretsFile: string;
  /** Whether a Worker is reloaded when its source changes. */
  readonly watch: boolean;
}

/** Workers that run on this machine. They stop when disposed of. */
export interface DevServer extends AsyncDisposable {
  /** Where the first Worker listens. */
  readonly url: string;
}

/**
 * Runs Workers as `wrangler dev` does, but without what would let other programs on this machine bypass their tokens:
 * the explorer, and the inspector, which the command always opens. Only Workers that call each other get a registry,
 * through which they find one another, and it is theirs alone: in Wrangler's own, Workers of every checkout would share
 * their names.
 */
export async function startDevServer(options: DevServerOptions): Promise<DevServer> {
  const { configs, port, stateDir, secretsFile, watch } = options;
  // Wrangler reads these from its process alone.
  Object.assign(process.env, WRANGLER_ENVIRONMENT);
  await using started = new AsyncDisposableStack();
  const urls: URL[] = [];
  // The last one first: those that it is bound to are in the registry when the first one starts.
  for (const [index, config] of [...configs.entries()].toReversed()) {
    const worker = await unstable_startWorker({
      config,
      envFiles: [secretsFile],
      dev: {
        server: { hostname: "127.0.0.1", port: index === 0 ? port : 0 },
        inspector: false,
        registry: configs.length > 1 ? `${stateDir}/registry` : undefined,
        persist: stateDir,
        logLevel: "warn",
        watch,
      },
    });
    started.defer(() => worker.dispose());
    const url = await worker.url;
    // It listens before its Worker runs, and queues requests until then.
    await (await fetch(url)).arrayBuffer();
    urls.unshift(url);
  }
  const running = started.move();
  return { url: `${urls[0]?.origin}`, [Symbol.asyncDispose]: () => running.disposeAsync() };
}
