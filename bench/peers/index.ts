import type { Peer } from "./peer.ts";
import { startPostgresPeer } from "./postgres.ts";
import { startRedisPeers } from "./redis.ts";

export type { Peer } from "./peer.ts";
export { REDIS_ALWAYS } from "./redis.ts";

/** Installs what is missing of the peers' stores and starts all peers, their data in a directory. */
export async function startPeers(dir: string): Promise<Peer[]> {
  return [...(await startRedisPeers(dir)), await startPostgresPeer(dir)];
}
