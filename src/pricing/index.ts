export { priceCall } from "./price-call.ts";
