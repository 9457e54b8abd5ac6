import type { Calendar, CalendarUnit } from "./calendar.ts";

/** The stretch of time that a limit counts over. */
export type Window =
  | { readonly kind: "lifetime" }
  /** A minute, hour, day, week or month of the tenant's calendar. */
  | { readonly kind: "calendar"; readonly id: CalendarUnit }
  /** The last `lengthMs`, as of now. `id` is its name: `15m`, `5h`, `30d`. */
  | { readonly kind: "rolling"; readonly id: string; readonly lengthMs: number };

export type OpenWindow = Exclude<Window, { kind: "lifetime" }>;

export const LIFETIME: Window = { kind: "lifetime" };

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const MAX_ROLLING_MS = 366 * DAY_MS;

/** The longest that a calendar window takes, which is what orders it among the others. */
const CALENDAR_MS: Readonly<Record<CalendarUnit, number>> = {
  minute: MINUTE_MS,
  hour: HOUR_MS,
  day: DAY_MS,
  week: 7 * DAY_MS,
  month: 31 * DAY_MS,
};
const ROLLING_MS: Readonly<Record<string, number>> = { m: MINUTE_MS, h: HOUR_MS, d: DAY_MS };

/** What a window's name can be, for an error to say. */
export const WINDOWS_TAKE =
  "a window is minute, hour, day, week or month, or a whole number of m, h or d from 1m to 366d (15m, 5h, 30d)";

/** Reads a window's name; undefined where it is not one. */
export function parseWindow(id: string): OpenWindow | undefined {
  if (Object.hasOwn(CALENDAR_MS, id)) return { kind: "calendar", id: id as CalendarUnit };
  const [, count, unit = ""] = /^([1-9]\d{0,5})([mhd])$/.exec(id) ?? [];
  const lengthMs = Number(count) * (ROLLING_MS[unit] ?? Number.NaN);
  return lengthMs <= MAX_ROLLING_MS ? { kind: "rolling", id, lengthMs } : undefined;
}

/** Orders windows as decisions check them: lifetime, then the longest to the shortest; a calendar's before its twin. */
export function compareWindows(a: Window, b: Window): number {
  return nominalMs(b) - nominalMs(a) || Number(a.kind === "rolling") - Number(b.kind === "rolling");
}

function nominalMs(window: Window): number {
  if (window.kind === "lifetime") return Number.MAX_SAFE_INTEGER;
  return window.kind === "calendar" ? CALENDAR_MS[window.id] : window.lengthMs;
}

/**
 * How finely a rolling window counts. A slot leaves only when all of it has left, so the window never admits more
 * than a true sliding one, and looks back at most a sixtieth of its length too far.
 */
const SLOTS = 60;

/** The width of a rolling window's slots, in whole milliseconds since lengths are whole minutes. */
function slotMs(lengthMs: number): number {
  return lengthMs / SLOTS;
}

/** Where an amount spent now is put: at the time itself in a calendar window, at its slot's start in a rolling one. */
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

/** When an amount that the window counts now stops to count. */
export function leavesAt(window: OpenWindow, slotStartMs: number, nowMs: number, calendar: Calendar): number {
  // A clock that went back leaves a slot in a period ahead, which counts until that ends.
  if (window.kind === "calendar") return calendar.period(window.id, Math.max(nowMs, slotStartMs)).endMs;
  return slotStartMs + slotMs(window.lengthMs) + window.lengthMs;
}
