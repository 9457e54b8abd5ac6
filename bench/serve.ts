/** Runs the built product, and the Workers it is compared with, under workerd. */
import { randomBytes } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { BenchError } from "./bench-error.ts";
import { AGENT, CLOCKED, COUNTING, FLOOR, OBJECT, PRODUCT, STORE } from "./build.ts";
import { type Server, startServer } from "./processes.ts";
import { printConfig, type ServedWorker } from "./workerd-config.ts";

const WORKERD = fileURLToPath(import.meta.resolve("workerd/bin/workerd"));
const WRANGLER_FILE = fileURLToPath(new URL("../wrangler.toml", import.meta.url));

const MODULES = {
  product: { file: PRODUCT, className: "TenantBudget" },
  counting: { file: COUNTING, className: "CountingBudget" },
  clocked: { file: CLOCKED, className: "TenantBudget" },
} as const;

/** A workerd that serves the product, with the floor beside it, and other ways to ask. */
export interface Service extends AsyncDisposable {
  readonly pid: number;
  readonly port: number;
  readonly floorPort: number;
  /** The port of a Worker that only stores calls. */
  readonly storePort: number;
  /** The port of a Worker that calls the product's objects directly. */
  readonly objectPort: number;
  /** The port of an agent that calls the product through a service binding. */
  readonly agentPort: number;
  /** What the product takes as its operator's bearer token. */
  readonly token: string;
}

/**
 * Serves the product's bundle from a directory that `buildInto` filled, its state in `<name>` of that directory.
 *
 * @param name if a service of that name has stopped, its state is used again, with either module
 * @param module the product as it is deployed, as it counts its rows, or with a clock that can be set
 */
export async function serve(dir: string, name: string, module: keyof typeof MODULES = "product"): Promise<Service> {
  const token = secret();
  const bare = { durableObjects: {}, objectsOfOthers: {}, services: {}, secrets: {} };
  const { file, className } = MODULES[module];
  const workers: ServedWorker[] = [
    {
      ...bare,
      name: "product",
      module: file,
      durableObjects: { TENANT_BUDGET: className },
      secrets: { ADMIN_TOKEN: token, TOKEN_SECRET: secret() },
    },
    { ...bare, name: "floor", module: FLOOR, durableObjects: { ECHO: "Echo" } },
    { ...bare, name: "store", module: STORE, durableObjects: { STORE: "Store" } },
    { ...bare, name: "object", module: OBJECT, objectsOfOthers: { TENANT_BUDGET: { worker: "product", className } } },
    {
      ...bare,
      name: "agent",
      module: AGENT,
      services: { BUDGET: { worker: "product", entrypoint: "BudgetService" } },
    },
  ];
  const stateDir = join(dir, name);
  await mkdir(stateDir, { recursive: true });
  const configFile = join(dir, `${name}.capnp`);
  await writeFile(configFile, printConfig(workers, stateDir, WRANGLER_FILE));
  const server = startServer(WORKERD, ["serve", "--experimental", "--control-fd=3", configFile], {
    // The request log is discarded, but the service still pays for writing it.
    stdio: ["ignore", "ignore", "inherit", "pipe"],
  });
  const ports = await listeningPorts(server, workers.length);
  return {
    pid: server.pid,
    port: ports.get("product") ?? 0,
    floorPort: ports.get("floor") ?? 0,
    storePort: ports.get("store") ?? 0,
    objectPort: ports.get("object") ?? 0,
    agentPort: ports.get("agent") ?? 0,
    token,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** workerd reports on its control channel the port of each socket, one a line. */
async function listeningPorts(server: Server, count: number): Promise<ReadonlyMap<string, number>> {
  const ports = new Map<string, number>();
  for await (const line of createInterface(server.process.stdio[3] as Readable)) {
    const { event, socket, port } = JSON.parse(line);
    if (event === "listen") ports.set(socket, port);
    if (ports.size === count) return ports;
  }
  throw new BenchError("workerd did not start");
}

function secret(): string {
  return randomBytes(32).toString("base64url");
}
