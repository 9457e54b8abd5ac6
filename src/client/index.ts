/**
 * A client of the service for browsers, Workers and Node, over HTTP. It depends on `fetch` alone: at run time it
 * imports nothing, so that it can be bundled into a page.
 */
export { BudgetClient, type BudgetClientOptions } from "./budget-client.ts";
export { CallError, ProblemError, UnansweredError, UnexpectedAnswerError } from "./errors.ts";
export type { ProblemDocument } from "./problem-document.ts";
