/** The calendar of a tenant: where its minutes, hours, days, weeks and months begin. */
import { Temporal } from "temporal-polyfill";

export type CalendarUnit = "minute" | "hour" | "day" | "week" | "month";

/** In the order of ISO 8601, where Monday is 1. */
export const WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"] as const;
export type Weekday = (typeof WEEKDAYS)[number];

export interface CalendarSettings {
  /** An IANA name. */
  readonly timezone: string;
  /** `HH:MM`, local. */
  readonly dayStartsAt: string;
  readonly weekStartsOn: Weekday;
  /** The billing day, 1 to 28. */
  readonly monthStartsOn: number;
}

/** From its start up to, but not including, its end, in epoch milliseconds. */
export interface Period {
  readonly startMs: number;
  readonly endMs: number;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/**
 * Periods of a unit follow each other without gap or overlap. A day is 23 or 25 hours long if the clock changes in it.
 * A start that is skipped moves forward by the length of the gap, and the first of a repeated start counts (RFC 5545,
 * section 3.3.5; Temporal's "compatible"). An hour ends when the clock changes.
 *
 * Caches the last period of each unit, so that the zone's rules are evaluated once per period.
 */
export class Calendar {
  readonly #settings: CalendarSettings;
  readonly #current: Partial<Record<CalendarUnit, Period>> = {};

  constructor(settings: CalendarSettings) {
    this.#settings = settings;
  }

  /** The period of a unit that includes `nowMs`. */
  period(unit: CalendarUnit, nowMs: number): Period {
    const known = this.#current[unit];
    if (known && known.startMs <= nowMs && nowMs < known.endMs) return known;
    const period = this.#find(unit, nowMs);
    this.#current[unit] = period;
    return period;
  }

  #find(unit: CalendarUnit, nowMs: number): Period {
    switch (unit) {
      case "minute": {
        // Every zone's offset has been whole minutes since 1972.
        const startMs = Math.floor(nowMs / MINUTE_MS) * MINUTE_MS;
        return { startMs, endMs: startMs + MINUTE_MS };
      }
      case "hour":
        return this.#hour(nowMs);
      default:
        return this.#days(unit, nowMs);
    }
  }

  #hour(nowMs: number): Period {
    const offsetMs = this.#at(nowMs).offsetNanoseconds / 1e6;
    const startMs = Math.floor((nowMs + offsetMs) / HOUR_MS) * HOUR_MS - offsetMs;
    const endMs = startMs + HOUR_MS;
    const before = this.#at(nowMs + 1).getTimeZoneTransition("previous")?.epochMilliseconds;
    const after = this.#at(nowMs).getTimeZoneTransition("next")?.epochMilliseconds;
    return { startMs: Math.max(startMs, before ?? startMs), endMs: Math.min(endMs, after ?? endMs) };
  }

  #days(unit: "day" | "week" | "month", nowMs: number): Period {
    let first = this.#firstDate(unit, this.#at(nowMs).toPlainDate());
    // The local date is a first guess: a day may begin after midnight, and a zone may skip a whole day.
    while (this.#startOf(first) > nowMs) first = this.#firstDate(unit, first.subtract({ days: 1 }));
    let next = first.add({ [`${unit}s`]: 1 });
    while (this.#startOf(next) <= nowMs) {
      first = next;
      next = first.add({ [`${unit}s`]: 1 });
    }
    return { startMs: this.#startOf(first), endMs: this.#startOf(next) };
  }

  /** The date on which the unit that includes `date` begins. */
  #firstDate(unit: "day" | "week" | "month", date: Temporal.PlainDate): Temporal.PlainDate {
    if (unit === "day") return date;
    if (unit === "week") {
      const firstWeekday = WEEKDAYS.indexOf(this.#settings.weekStartsOn) + 1;
      return date.subtract({ days: (date.dayOfWeek - firstWeekday + 7) % 7 });
    }
    const thisMonth = date.with({ day: this.#settings.monthStartsOn });
    return Temporal.PlainDate.compare(thisMonth, date) <= 0 ? thisMonth : thisMonth.subtract({ months: 1 });
  }

  #startOf(date: Temporal.PlainDate): number {
    const { timezone, dayStartsAt } = this.#settings;
    return date.toZonedDateTime({ timeZone: timezone, plainTime: dayStartsAt }).epochMilliseconds;
  }

  #at(epochMs: number): Temporal.ZonedDateTime {
    return Temporal.Instant.fromEpochMilliseconds(epochMs).toZonedDateTimeISO(this.#settings.timezone);
  }
}

/** True for an IANA name, not an offset such as `+02:00`. Tries Temporal, since `Intl` knows more names than it does. */
export function isTimezone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false;
  const settings = { timezone: name, dayStartsAt: "00:00", weekStartsOn: "monday", monthStartsOn: 1 } as const;
  try {
    const calendar = new Calendar(settings);
    return calendar.period("hour", 0).endMs > 0 && calendar.period("month", 0).endMs > 0;
  } catch {
    return false;
  }
}
