/** Starts a database server with its defaults, and the Node server that uses it. */
import { execFileSync } from "node:child_process";
import { chown, mkdir } from "node:fs/promises";
import { userInfo } from "node:os";
import { dirname, join } from "node:path";
import { freePort, startServer, untilListening } from "../processes.ts";
import { type Peer, startApp } from "./peer.ts";

interface Ids {
  readonly uid: number;
  readonly gid: number;
}

/** Node + Hono + PostgreSQL with its defaults: each step is a transaction that locks its rows (FOR UPDATE). */
export async function startPostgresPeer(initdb: string, parentDir: string): Promise<Peer> {
  const ids = idsOfUnprivileged();
  const dir = join(parentDir, "postgres");
  await mkdir(dir);
  await chown(dir, ids.uid, ids.gid);
  const data = join(dir, "data");
  execFileSync(initdb, ["-D", data, "-U", "bench", "-A", "trust"], {
    ...ids,
    stdio: "ignore",
  });
  const port = await freePort();
  const server = startServer(
    join(dirname(initdb), "postgres"),
    ["-D", data, "-p", `${port}`, "-h", "127.0.0.1", "-k", dir],
    {
      ...ids,
      // It reports its start and dead clients; whether it started is checked below.
      stdio: "ignore",
    },
  );
  await untilListening(server, port, "postgres");
  const app = await startApp("postgres", port);
  return {
    name: "Node + Postgres FOR UPDATE",
    port: app.port,
    pids: [app.pid, server.pid],
    async [Symbol.asyncDispose]() {
      await app[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

/** PostgreSQL refuses to run as root: then it runs as the user that its package made. */
function idsOfUnprivileged(): Ids {
  const { uid, gid } = userInfo();
  if (uid !== 0) return { uid, gid };
  const id = (flag: string) => Number(execFileSync("id", [flag, "postgres"], { encoding: "utf8" }));
  return { uid: id("-u"), gid: id("-g") };
}
