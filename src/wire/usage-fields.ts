/** A field for each part of a usage, so that a new part is declared once, in the core. */
import { REPORTED_PARTS, type ReportedField, USAGE_PARTS, type UsageField } from "../core/index.ts";

type Make<T> = (part: (typeof USAGE_PARTS)[number]) => T;

/** Makes a schema for each part, under the part's name on the wire. */
export function usageFields<T>(make: Make<T>): { [F in UsageField]: T } {
  return fieldsOf(USAGE_PARTS, make);
}

/** The same for the parts that callers report. */
export function reportedFields<T>(make: Make<T>): { [F in ReportedField]: T } {
  return fieldsOf(REPORTED_PARTS, make);
}

function fieldsOf<F extends UsageField, T>(
  parts: readonly Extract<(typeof USAGE_PARTS)[number], { field: F }>[],
  make: Make<T>,
): { [G in F]: T } {
  return Object.fromEntries(parts.map((part) => [part.field, make(part)])) as { [G in F]: T };
}
