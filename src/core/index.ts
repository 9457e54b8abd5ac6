/** The core: limits, windows, reservations and decisions, without a platform; and the budget in this process. */
export {
  type Bucket,
  type BucketKey,
  type BucketName,
  isOverflow,
  keyNamed,
  keyOf,
  nameOf,
  newBucket,
  overflowKey,
  type Subject,
  TENANT_KEY,
  userKey,
} from "./bucket.ts";
export type { BucketStore, EvictionCause } from "./bucket-store.ts";
export { type Budget, NoBudget } from "./budget.ts";
export { Calendar, type CalendarSettings, type CalendarUnit, type Period } from "./calendar.ts";
export type { Charge } from "./charge.ts";
export { type BudgetConfig, type ConfigIssue, configIssues, type Maxima } from "./config.ts";
export {
  type Consumption,
  isFree,
  type Price,
  type PriceQuestion,
  type Pricer,
  partsBeyondWhole,
  pricedUsageOf,
  type Rates,
  type StepRequest,
  subjectOf,
  UnknownModelError,
  unknownModel,
  usageOf,
} from "./consumption.ts";
export type { Counter, Slot } from "./counter.ts";
export { type Decision, decide } from "./decision.ts";
export {
  type Estimate,
  type EstimateRequest,
  estimateOf,
  hasEstimate,
  requirePrice,
  TOKENS_TAKE_ALL,
} from "./estimate.ts";
export {
  isLabelName,
  JOINT,
  LABEL_PATTERN,
  type LimitName,
  MAX_PARTS,
  parseLimitName,
  parseScope,
  printLimitName,
  type Scope,
  scopeParts,
  TENANT,
  USER,
} from "./limits.ts";
export { mergePatch } from "./merge-patch.ts";
export { MAXIMA, METRICS, type Metric, whyNoWindow } from "./metrics.ts";
export { NANO_PER_USD, nanoFromUsd, usdFromNano } from "./money.ts";
export { OpenReservations } from "./open-reservations.ts";
export { type BucketView, isFrozen, type Overrides, overrideIssues } from "./overrides.ts";
export { addPending, NOTHING_PENDING, type Pending } from "./pending.ts";
export { compilePolicy, type Policy } from "./policy.ts";
export type { Reading } from "./reading.ts";
export {
  type Estimated,
  MAX_AGE_SECONDS,
  type OnExpiry,
  type Reservation,
  type ReservationState,
  release,
  usedBy,
} from "./reservation.ts";
export type { ReserveResult } from "./reserve.ts";
export { ORIGINAL_RULES, type Rules, SERVICE_RULES } from "./rules.ts";
export { RulesEngine, SumError } from "./rules-engine.ts";
export {
  MAX_EVENT_COST_USD,
  MAX_EVENT_TOKENS,
  MAX_TTL_SECONDS,
  SETTINGS,
  type Setting,
} from "./settings.ts";
export type { ReservationOwner } from "./share.ts";
export { StandardBudget, type StandardBudgetOptions } from "./standard-budget.ts";
export {
  type BudgetStatus,
  type ConsumeStatus,
  type LimitStatus,
  limitStatusOf,
  priceFields,
  type RecordedCost,
  recordedCost,
  remainingOf,
  statusOf,
  totalsOf,
  type UsageTotals,
} from "./status.ts";
export {
  addUsage,
  atCeiling,
  mapUsage,
  NO_USAGE,
  REPORTED_PARTS,
  type ReportedField,
  subtractUsage,
  totalAfter,
  USAGE_PARTS,
  type Usage,
  type UsageColumn,
  type UsageField,
  type UsagePart,
} from "./usage.ts";
export {
  type ModelPrice,
  type NumberType,
  OPTIONAL_PRICES,
  PRICE,
  REQUIRED_PRICES,
  TIME_PATTERN,
} from "./values.ts";
export { CALENDAR_UNITS, MAX_ROLLING } from "./window.ts";
