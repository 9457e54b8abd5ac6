/** `npm run example:browser-agent`: starts a budget and a site, and prints where its page is. */
import { readArguments } from "../../scripts/arguments.ts";
import { startExample } from "./start.ts";

readArguments({
  usage: "npm run example:browser-agent",
  does: "Starts a site on port 8790, and on port 8791 the budget that its page calls.",
  options: {},
});
const example = await startExample({ site: 8790, service: 8791 });
console.log(`
The page is at ${example.site}, and calls the budget at ${example.service}. When it is blocked, raise Alice's limit:

  curl -X PUT ${example.service}/v1/tenants/acme/users/alice/limits -H 'authorization: Bearer ${example.adminToken}' -H 'content-type: application/json' -d '{"max_tokens": 10000}'
`);
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => example[Symbol.asyncDispose]().then(() => process.exit(0)));
}
