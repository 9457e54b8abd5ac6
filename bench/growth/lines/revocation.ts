/** The cost of a revocation, and of a call with a token, after many revocations. */
import { randomUUID } from "node:crypto";
import type { Service } from "../../serve.ts";
import type { Line } from "../line.ts";
import { TenantClient } from "../tenant-client.ts";
import { latencies, timeEach } from "../timing.ts";

const TENANT = "revocation";
const CONNECTIONS = 32;
const TIMES = 500;

export const REVOCATION: Line = {
  name: "revoked tokens",
  grows: "revoked tokens",
  sizes: [1000, 10_000, 100_000],
  async measure(stage, size) {
    await using service = await stage.serve(`revocation-${size}`);
    await revokeMany(service, size);
    using client = await TenantClient.open(service, TENANT);
    const revoked = await timeEach(TIMES, () => client.call("DELETE", `/tokens/${randomUUID()}`));
    const tokens: string[] = [];
    for (let i = 0; i < TIMES; i += 1) tokens.push(await mint(client));
    const call = (i: number) =>
      client.call("POST", "/allows-step", { user_id: "user-0" }, { authorization: `Bearer ${tokens[i]}` });
    const first = await timeEach(TIMES, call);
    const second = await timeEach(TIMES, call);
    return [
      ...latencies("DELETE token", revoked),
      ...latencies("the first call with a token", first),
      ...latencies("a later call with a token", second),
    ];
  },
};

/** A token need not be known to be revoked. */
async function revokeMany(service: Service, count: number): Promise<void> {
  let left = count;
  const revoke = async () => {
    using client = await TenantClient.open(service, TENANT);
    for (; left > 0; ) {
      left -= 1;
      await client.call("DELETE", `/tokens/${randomUUID()}`);
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, revoke));
}

async function mint(client: TenantClient): Promise<string> {
  const made = await client.call<{ token: string }>("POST", "/tokens", { scope: "check", ttl_seconds: 900 });
  return made.token;
}
