/** Starts a store for each sync policy, and the Node servers that use them. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { freePort, type Server, startServer, untilListening } from "../processes.ts";
import { type Peer, startApp } from "./peer.ts";

export const REDIS_ALWAYS = "Node + Redis, AOF always";

/** When Redis syncs its append-only file to disk: before each answer, or once a second. */
type Fsync = "always" | "everysec";

/** Node + Hono + Redis, a Lua script for each step; and rate-limiter-flexible, on the Redis that syncs each second. */
export async function startRedisPeers(program: string, dir: string): Promise<Peer[]> {
  const always = await startRedis(program, dir, "always");
  const everysec = await startRedis(program, dir, "everysec");
  return [
    await peerOn(REDIS_ALWAYS, "redis", always),
    await peerOn("Node + Redis, AOF everysec", "redis", everysec),
    await peerOn("rate-limiter-flexible", "limiter", await startRedis(program, dir, "everysec", "limiter")),
  ];
}

type Redis = Server & { readonly port: number };

async function startRedis(program: string, parentDir: string, fsync: Fsync, name: string = fsync): Promise<Redis> {
  const dir = join(parentDir, `redis-${name}`);
  await mkdir(dir);
  const port = await freePort();
  const server = startServer(program, [
    ...["--bind", "127.0.0.1", "--port", `${port}`, "--dir", dir, "--loglevel", "warning"],
    ...["--appendonly", "yes", "--appendfsync", fsync, "--save", ""],
  ]);
  await untilListening(server, port, "redis-server");
  return { ...server, port };
}

async function peerOn(name: string, appName: "redis" | "limiter", redis: Redis): Promise<Peer> {
  const app = await startApp(appName, redis.port);
  return {
    name,
    port: app.port,
    pids: [app.pid, redis.pid],
    async [Symbol.asyncDispose]() {
      await app[Symbol.asyncDispose]();
      await redis[Symbol.asyncDispose]();
    },
  };
}
