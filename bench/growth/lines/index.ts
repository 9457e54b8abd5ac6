/** Every line of the growth benchmark, by its name on the command line. */
import type { Line } from "../line.ts";
import { ERASURE, ERASURE_OF_ALL } from "./erasure.ts";
import { EXPIRY } from "./expiry.ts";
import { LARGE_BUCKETS, LARGEST_BUCKETS, LARGEST_ROW } from "./largest-bucket.ts";
import { LOWER_BOUND } from "./lower-bound.ts";
import { NEW_USER, NEW_USER_LIMITED } from "./new-user.ts";
import { REVOCATION } from "./revocation.ts";

export const LINES: Readonly<Record<string, Line>> = {
  "new-user": NEW_USER,
  "new-user-limited": NEW_USER_LIMITED,
  expiry: EXPIRY,
  erasure: ERASURE,
  "erasure-of-all": ERASURE_OF_ALL,
  revocation: REVOCATION,
  "lower-bound": LOWER_BOUND,
  "largest-row": LARGEST_ROW,
  "largest-buckets": LARGEST_BUCKETS,
  "large-buckets": LARGE_BUCKETS,
};
