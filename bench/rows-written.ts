/** Counts the storage writes of each case, which are what is billed. */
import { TENANT } from "./groups.ts";
import type { LoadGenerator } from "./load/generator.ts";
import type { CaseName } from "./load/job.ts";
import { operationsIn } from "./load/rounds.ts";
import { BUCKETS, type Plan, PRODUCT_CASES } from "./plan.ts";
import { type Service, serve } from "./serve.ts";
import { configure } from "./tenants.ts";

/** Operations for each connection, or a batch for each: enough to even out how they happen to meet in a flush. */
const OPERATIONS_PER_CONNECTION = 20;

/** Rows written per operation, of a case at a concurrency. */
export interface RowsWritten {
  readonly case: CaseName;
  readonly connections: number;
  readonly rowsPerOperation: number;
}

/** Counts in a service of its own, so that counting never slows down what is timed. */
export async function countRows(dir: string, plan: Plan, generator: LoadGenerator): Promise<RowsWritten[]> {
  await using service = await serve(dir, "counting", "counting");
  await configure(service, TENANT);
  const counted: RowsWritten[] = [];
  for (const connections of plan.counted) {
    for (const name of PRODUCT_CASES) {
      const times = connections * Math.ceil(OPERATIONS_PER_CONNECTION / operationsIn(name));
      const job = {
        ...{ case: name, port: service.port, token: service.token, connections, times },
        ...{ tenant: TENANT, tenants: 1, users: BUCKETS },
      };
      // Code that runs for the first times is slow, and meets fewer others in a flush.
      await generator.run(job);
      const before = await rowsOf(service);
      const { operations } = await generator.run(job);
      counted.push({ case: name, connections, rowsPerOperation: ((await rowsOf(service)) - before) / operations });
    }
  }
  return counted;
}

async function rowsOf({ port, token }: Service): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${port}/rows/${TENANT}-0`, {
    headers: { authorization: `Bearer ${token}` },
  });
  const { rows } = (await response.json()) as { rows: number };
  return rows;
}
