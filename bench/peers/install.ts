import { spawnSync } from "node:child_process";
import { existsSync, globSync } from "node:fs";
import { delimiter, join } from "node:path";
import { BenchError } from "../bench-error.ts";
import { progress } from "../progress.ts";

/** Debian keeps PostgreSQL's programs out of the path, a directory for each version. */
const POSTGRES_DIRS = "/usr/lib/postgresql/*/bin";

/** Where a program is; its Debian package is installed where it is not there yet. */
export function programOf(debianPackage: string, name: string): string {
  const found = find(name);
  if (found) return found;
  progress(`installing ${debianPackage}`);
  for (const args of [["update"], ["install", "--yes", "--no-install-recommends", debianPackage]]) install(args);
  const installed = find(name);
  if (installed) return installed;
  throw new BenchError(`${debianPackage} is installed and has no ${name}; run with --no-peers to measure without it`);
}

function find(name: string): string | undefined {
  const dirs = [...(process.env.PATH ?? "").split(delimiter), ...globSync(POSTGRES_DIRS).sort().reverse()];
  return dirs.map((dir) => join(dir, name)).find((path) => existsSync(path));
}

function install(args: readonly string[]): void {
  const command = process.getuid?.() === 0 ? ["apt-get", ...args] : ["sudo", "-n", "apt-get", ...args];
  const [program = "", ...rest] = command;
  const { status, stderr, error } = spawnSync(program, rest, {
    encoding: "utf8",
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
  });
  if (status === 0) return;
  const why = (error?.message ?? stderr).trim();
  throw new BenchError(
    `a peer cannot be installed: ${command.join(" ")} failed: ${why}\ninstall it by hand, or run with --no-peers`,
  );
}
