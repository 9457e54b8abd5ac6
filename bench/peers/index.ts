/** The alternatives that the service is compared with. */
import { existsSync } from "node:fs";
import { progress } from "../progress.ts";
import type { Peer } from "./peer.ts";
import { startPostgresPeer } from "./postgres.ts";
import { findProgram } from "./program.ts";
import { startRedisPeers } from "./redis.ts";

export type { Peer } from "./peer.ts";
export { REDIS_ALWAYS } from "./redis.ts";

const PACKAGES = new URL("../node_modules/", import.meta.url);

/** Starts the peers that are installed, their data in a directory, and reports how to install the others. */
export async function startPeers(dir: string): Promise<Peer[]> {
  const redis = findProgram("redis-server");
  const postgres = findProgram("initdb");
  const hasPackages = existsSync(PACKAGES);
  if (!hasPackages) progress("no peers: npm ci --prefix bench installs their packages");
  if (!redis) progress("no Redis: apt-get install redis-server installs it");
  if (!postgres) progress("no PostgreSQL: apt-get install postgresql installs it");
  return [
    ...(hasPackages && redis ? await startRedisPeers(redis, dir) : []),
    ...(hasPackages && postgres ? [await startPostgresPeer(postgres, dir)] : []),
  ];
}
