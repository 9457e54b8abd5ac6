/** Problem documents (RFC 9457), as the service sends them. */
import type { Refusal } from "../wire/index.ts";

/** What the service answers when it refuses a call: a problem document (RFC 9457). */
export interface ProblemDocument extends Omit<Refusal, "code"> {
  /** URL of the page that explains `code`. */
  readonly type: string;
  /** A noun phrase that never changes for a `code`. */
  readonly title: string;
  /** The HTTP status, 400 to 599. */
  readonly status: number;
  /** What was wrong, for programs. A newer service may answer codes that this client does not know. */
  readonly code: string;
  /** Whether the same call can succeed later; then the answer has a `Retry-After`. */
  readonly retryable: boolean;
  /** The id under which the service has logged the call. */
  readonly request_id: string;
}
