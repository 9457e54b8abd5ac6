/** The windows that limits count over: their names, their order, and the slots of rolling ones. */
import type { Calendar, CalendarUnit } from "./calendar.ts";

export type Window =
  | { readonly kind: "lifetime" }
  /** A minute, hour, day, week or month of the tenant's calendar. */
  | { readonly kind: "calendar"; readonly id: CalendarUnit }
  /** The last `lengthMs`. `id` is its name: `15m`, `5h`, `30d`. */
  | { readonly kind: "rolling"; readonly id: string; readonly lengthMs: number };

export type OpenWindow = Exclude<Window, { kind: "lifetime" }>;

export const LIFETIME: Window = { kind: "lifetime" };

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** The greatest length of a calendar window, by which it is ordered among the others. */
const CALENDAR_MS: Readonly<Record<CalendarUnit, number>> = {
  minute: MINUTE_MS,
  hour: HOUR_MS,
  day: DAY_MS,
  week: 7 * DAY_MS,
  month: 31 * DAY_MS,
};
export const CALENDAR_UNITS = Object.keys(CALENDAR_MS) as CalendarUnit[];

const MAX_ROLLING_DAYS = 366;
const ROLLING_MS: Readonly<Record<string, number>> = { m: MINUTE_MS, h: HOUR_MS, d: DAY_MS };

/** The largest number of each unit that a rolling window can span; the smallest is 1. */
export const MAX_ROLLING: Readonly<Record<string, number>> = Object.fromEntries(
  Object.entries(ROLLING_MS).map(([unit, unitMs]) => [unit, (MAX_ROLLING_DAYS * DAY_MS) / unitMs]),
);

export const WINDOWS_TAKE = `a window is ${CALENDAR_UNITS.join(", ")}, or a whole number of m, h or d from 1m to ${MAX_ROLLING_DAYS}d (15m, 5h, 30d)`;

/** Parses a window's name; undefined if it is invalid. */
export function parseWindow(id: string): OpenWindow | undefined {
  if (Object.hasOwn(CALENDAR_MS, id)) return { kind: "calendar", id: id as CalendarUnit };
  const [, count, unit = ""] = /^([1-9]\d*)([mhd])$/.exec(id) ?? [];
  const unitMs = ROLLING_MS[unit];
  if (unitMs === undefined || Number(count) > (MAX_ROLLING[unit] ?? 0)) return undefined;
  return { kind: "rolling", id, lengthMs: Number(count) * unitMs };
}

/** Orders windows as decisions check them: lifetime, then longest to shortest, a calendar window before a rolling one. */
export function compareWindows(a: Window, b: Window): number {
  return nominalMs(b) - nominalMs(a) || Number(a.kind === "rolling") - Number(b.kind === "rolling");
}

function nominalMs(window: Window): number {
  if (window.kind === "lifetime") return Number.MAX_SAFE_INTEGER;
  return window.kind === "calendar" ? CALENDAR_MS[window.id] : window.lengthMs;
}

/**
 * How many slots divide a rolling window. A slot counts until all of it is out of the window, so a rolling window never
 * admits more than a true sliding one, and counts an amount for at most a sixtieth of its length too long.
 */
const SLOTS = 60;

/** Always whole milliseconds, since lengths are whole minutes. */
function slotMs(lengthMs: number): number {
  return lengthMs / SLOTS;
}

/** The time under which an amount spent now is counted: now in a calendar window, its slot's start in a rolling one. */
export function slotStart(window: OpenWindow, nowMs: number): number {
  if (window.kind === "calendar") return nowMs;
  const width = slotMs(window.lengthMs);
  return Math.floor(nowMs / width) * width;
}

/** The earliest slot start that the window still counts. */
export function countsFrom(window: OpenWindow, nowMs: number, calendar: Calendar): number {
  if (window.kind === "calendar") return calendar.period(window.id, nowMs).startMs;
  return nowMs - window.lengthMs - slotMs(window.lengthMs) + 1;
}

/** When an amount that the window counts now will no longer count. */
export function leavesAt(window: OpenWindow, slotStartMs: number, nowMs: number, calendar: Calendar): number {
  // If the clock went back, a slot can lie in a later period; it counts until that period ends.
  if (window.kind === "calendar") return calendar.period(window.id, Math.max(nowMs, slotStartMs)).endMs;
  return slotStartMs + slotMs(window.lengthMs) + window.lengthMs;
}
