/** What a call costs, and which model it went to. */
export { closestModel } from "./closest-model.ts";
export { priceCall } from "./price-call.ts";
export { canonicalName, type ResolvedModel, resolveModel } from "./resolve-model.ts";
