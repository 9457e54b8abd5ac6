/** `npm run example:browser-agent`: starts a budget and a site, and prints where its page is. */
import { startExample } from "./start.ts";

const example = await startExample({ site: 8790, service: 8791 });
console.log(`
The page is at ${example.site}, and calls the budget at ${example.service}. When it is blocked, raise Alice's limit:

  curl -X PUT ${example.service}/v1/tenants/acme/users/alice/limits -H 'authorization: Bearer ${example.adminToken}' -H 'content-type: application/json' -d '{"max_tokens": 10000}'
`);
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => example[Symbol.asyncDispose]().then(() => process.exit(0)));
}
