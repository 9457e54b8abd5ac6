/** A reference for calendar periods: it walks dates, and reads the time zone from `Intl`. */
import type { CalendarSettings, CalendarUnit, Period } from "../../src/core/index.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

const formats = new Map<string, Intl.DateTimeFormat>();

/** The zone's wall clock at an instant, as if it were UTC, in epoch milliseconds. */
function wallClock(timezone: string, epochMs: number): number {
  let format = formats.get(timezone);
  if (!format) {
    const digits = "2-digit";
    format = new Intl.DateTimeFormat("en-US", {
      timeZone: timezone,
      hourCycle: "h23",
      year: "numeric",
      month: digits,
      day: digits,
      hour: digits,
      minute: digits,
      second: digits,
    });
    formats.set(timezone, format);
  }
  const part: Record<string, number> = {};
  for (const { type, value } of format.formatToParts(epochMs)) part[type] = Number(value);
  const { year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0 } = part;
  return Date.UTC(year, month - 1, day, hour, minute, second) + (((epochMs % 1000) + 1000) % 1000);
}

const offsetAt = (timezone: string, epochMs: number) => wallClock(timezone, epochMs) - epochMs;

/** The zone's changes of offset between two times, found by bisection. */
function changes(timezone: string, fromMs: number, toMs: number): number[] {
  if (offsetAt(timezone, fromMs) === offsetAt(timezone, toMs)) return [];
  let [low, high] = [fromMs, toMs];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (offsetAt(timezone, middle) === offsetAt(timezone, fromMs)) low = middle;
    else high = middle;
  }
  return [high];
}

/**
 * The first instant that shows a wall-clock time, found by trying the offsets before and after it. If the clock skips
 * that time, the offset before the change applies.
 */
function instantOf(timezone: string, wallMs: number): number {
  const before = offsetAt(timezone, wallMs - DAY_MS);
  const after = offsetAt(timezone, wallMs + DAY_MS);
  const shown = [wallMs - before, wallMs - after].filter((each) => wallClock(timezone, each) === wallMs);
  return shown.length > 0 ? Math.min(...shown) : wallMs - before;
}

/** The period of a unit that contains an instant, found by walking dates from 34 days before it. */
export function naivePeriod(settings: CalendarSettings, unit: CalendarUnit, nowMs: number): Period {
  const { timezone, dayStartsAt, weekStartsOn, monthStartsOn } = settings;
  if (unit === "minute") {
    const startMs = nowMs - (((nowMs % MINUTE_MS) + MINUTE_MS) % MINUTE_MS);
    return { startMs, endMs: startMs + MINUTE_MS };
  }
  if (unit === "hour") {
    const wallMs = wallClock(timezone, nowMs);
    const startMs = nowMs - (((wallMs % HOUR_MS) + HOUR_MS) % HOUR_MS);
    const endMs = startMs + HOUR_MS;
    const [before = startMs] = changes(timezone, startMs, nowMs);
    const [after = endMs] = changes(timezone, nowMs, endMs);
    return { startMs: Math.max(startMs, before), endMs: Math.min(endMs, after) };
  }
  const [hours = 0, minutes = 0] = dayStartsAt.split(":").map(Number);
  const isFirst = (date: Date) =>
    unit === "day" ||
    (unit === "week" && WEEKDAYS[(date.getUTCDay() + 6) % 7] === weekStartsOn) ||
    (unit === "month" && date.getUTCDate() === monthStartsOn);
  const today = Math.floor(wallClock(timezone, nowMs) / DAY_MS) * DAY_MS;
  let startMs = Number.NEGATIVE_INFINITY;
  for (let dateMs = today - 34 * DAY_MS; ; dateMs += DAY_MS) {
    if (!isFirst(new Date(dateMs))) continue;
    const beginsMs = instantOf(timezone, dateMs + hours * HOUR_MS + minutes * MINUTE_MS);
    if (beginsMs > nowMs) return { startMs, endMs: beginsMs };
    startMs = beginsMs;
  }
}
