/** `npm start` gives nobody data without a token, and opens no debug port. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile, readlink } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { callJson, freePort, ROOT, temporaryDir } from "./wrangler.ts";

const EXPLORER = "/cdn-cgi/local/explorer";

describe("npm start", () => {
  let dir: Awaited<ReturnType<typeof temporaryDir>>;
  let child: ChildProcess;
  let url: string;
  beforeAll(async () => {
    dir = await temporaryDir();
    url = `http://127.0.0.1:${await freePort()}`;
    const options = ["--port", new URL(url).port, "--state", dir.path, "--secrets", join(dir.path, "secrets")];
    child = spawn(process.execPath, [join(ROOT, "scripts/start.ts"), ...options], {
      // A group of its own, by which its processes are found.
      detached: true,
      // Secrets of the environment would take precedence over those of the file.
      env: { ...process.env, ADMIN_TOKEN: undefined, TOKEN_SECRET: undefined },
      stdio: ["ignore", "pipe", "inherit"],
    });
    for await (const line of createInterface(child.stdout as NonNullable<ChildProcess["stdout"]>)) {
      if (line.startsWith("edge-budget serves")) break;
    }
  });
  afterAll(async () => {
    const exited = child.exitCode === null ? once(child, "exit") : undefined;
    child.kill("SIGTERM");
    await exited;
    await dir[Symbol.asyncDispose]();
  });

  test("serves nobody a tenant's data without a token", async () => {
    const secrets = await readFile(join(dir.path, "secrets"), "utf8");
    const [, admin] = /^ADMIN_TOKEN=(.*)$/m.exec(secrets) ?? [];
    await callJson("POST", `${url}/v1/tenants/acme/consume`, { tokens_in: 7 }, admin);
    for (const path of [
      EXPLORER,
      `${EXPLORER}/api`,
      `${EXPLORER}/api/workers/durable_objects/namespaces`,
      `${EXPLORER}/api/workers/durable_objects/namespaces/edge-budget-TenantBudget/objects`,
      "/cdn-cgi/explorer/api/workers/durable_objects/namespaces",
    ]) {
      const answer = await fetch(`${url}${path}`, { redirect: "manual" });
      expect.soft({ path, status: answer.status, body: await answer.json() }).toMatchObject({
        status: 404,
        body: { code: "not_found" },
      });
    }
  });

  test.runIf(process.platform === "linux")("opens no inspector and no debug port", async () => {
    const opened = await portsOfGroup(child.pid ?? 0);
    expect(opened).toContain(Number(new URL(url).port));
    for (const port of opened) {
      const answer = await fetch(`http://127.0.0.1:${port}/json/list`).then(
        (response) => response.text(),
        ({ message }) => message,
      );
      expect.soft(answer, `port ${port}`).not.toContain("webSocketDebuggerUrl");
      // A debug port speaks Cap'n Proto, and closes a connection that sends HTTP.
      expect.soft(answer, `port ${port}`).not.toBe("fetch failed");
    }
  });
});

/** The TCP ports that the processes of a group listen on, as Linux's /proc has them. */
async function portsOfGroup(group: number): Promise<number[]> {
  const sockets = new Set<string>();
  for (const pid of await readdir("/proc")) {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
    // After the name in brackets: the state, the parent and the group.
    if (Number(stat.slice(stat.lastIndexOf(")")).split(" ")[3]) !== group) continue;
    for (const file of await readdir(`/proc/${pid}/fd`).catch(() => [])) {
      const [, socket] = /^socket:\[(\d+)\]$/.exec(await readlink(`/proc/${pid}/fd/${file}`).catch(() => "")) ?? [];
      if (socket) sockets.add(socket);
    }
  }
  const LISTENING = "0A";
  return (await readFile("/proc/net/tcp", "utf8")).split("\n").flatMap((line) => {
    const [, address = "", , state, , , , , , inode = ""] = line.trim().split(/\s+/);
    return state === LISTENING && sockets.has(inode) ? [Number.parseInt(address.split(":")[1] ?? "", 16)] : [];
  });
}
