/**
 * The floor for durable calls: an object that is called like the floor's echo, and stores a row for each call before it
 * answers, with the service's own group commit. It has no rules and no ledger.
 */
import { DurableObject } from "cloudflare:workers";
import { GroupCommit } from "../../src/tenant/group-commit.ts";
import { RowWriter } from "../../src/tenant/store/row-writer.ts";
import type { Answer, ConsumeRequest, DecisionResponse } from "../../src/wire/index.ts";
import { DECISION } from "./decision.ts";

interface StoreEnv extends Cloudflare.Env {
  readonly STORE: DurableObjectNamespace<Store>;
}

export class Store extends DurableObject {
  readonly #unwritten = new Map<string, readonly number[]>();
  readonly #rows: RowWriter;
  readonly #commits: GroupCommit;

  constructor(ctx: DurableObjectState, env: StoreEnv) {
    super(ctx, env);
    const { storage } = ctx;
    storage.sql.exec(
      "CREATE TABLE IF NOT EXISTS spent (user TEXT PRIMARY KEY, tokens_in INT, tokens_out INT, cost REAL)",
    );
    this.#rows = new RowWriter(storage.sql, "spent", ["user"], ["tokens_in", "tokens_out", "cost"]);
    this.#commits = new GroupCommit(storage, { flush: () => this.#flush(), discard: () => this.#unwritten.clear() });
  }

  consume({ user_id, tokens_in = 0, tokens_out = 0, cost_usd = 0 }: ConsumeRequest): Promise<Answer<DecisionResponse>> {
    return this.#commits.run(() => {
      this.#unwritten.set(user_id ?? "", [tokens_in, tokens_out, Number(cost_usd)]);
      return { ok: true, value: DECISION };
    });
  }

  #flush(): void {
    this.#rows.put(Array.from(this.#unwritten, ([user, spent]) => [user, ...spent]));
    this.#unwritten.clear();
  }
}

export default {
  async fetch(request, env) {
    const [, , , tenant = ""] = new URL(request.url).pathname.split("/");
    const answer = await env.STORE.getByName(tenant).consume(await request.json());
    return Response.json(answer.ok && answer.value);
  },
} satisfies ExportedHandler<StoreEnv>;
