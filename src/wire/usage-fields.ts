/** A field for each part of a usage, so that a new part is declared once, in the core. */
import { type ReportedField, USAGE_PARTS, type UsageField } from "../core/index.ts";

/** Makes a schema for each part, under the part's name on the wire. */
export function usageFields<T>(make: (part: (typeof USAGE_PARTS)[number]) => T): { [F in UsageField]: T } {
  return Object.fromEntries(USAGE_PARTS.map((part) => [part.field, make(part)])) as { [F in UsageField]: T };
}

/** The same for the parts that callers report. */
export function reportedFields<T>(make: (part: (typeof USAGE_PARTS)[number]) => T): { [F in ReportedField]: T } {
  const reported = USAGE_PARTS.filter(({ isReported }) => isReported);
  return Object.fromEntries(reported.map((part) => [part.field, make(part)])) as { [F in ReportedField]: T };
}
