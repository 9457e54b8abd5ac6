/** What a call costs. */
export { priceCall } from "./price-call.ts";
