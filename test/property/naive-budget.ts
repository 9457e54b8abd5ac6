/** A reference for budgets without reservations: slow, and simple enough to trust. */
import type {
  BudgetConfig,
  BudgetStatus,
  ConsumeStatus,
  Consumption,
  Period,
  StepRequest,
} from "../../src/core/index.ts";
import { naivePeriod } from "./naive-calendar.ts";
import { leavesAt, limitsIn, type NamedLimit, unitOf, warningAmong, warningText } from "./naive-limits.ts";

/** One call's charge. */
interface Event {
  readonly atMs: number;
  readonly tokensIn: number;
  readonly tokensOut: number;
  readonly costNano: number;
}

interface NaiveBucket {
  readonly scope: string;
  readonly subject: string;
  readonly startMs: number;
  touchedMs: number;
  /** Every event since the bucket was created. */
  readonly events: Event[];
}

/** Keeps every event and adds all of them up for each answer. */
export class NaiveBudget {
  readonly #config: BudgetConfig;
  readonly #limits: NamedLimit[];
  /** In the order of their last touch. */
  #buckets: NaiveBucket[] = [];
  readonly #tenant: NaiveBucket;
  readonly #periods = new Map<string, Period>();

  constructor(config: BudgetConfig, startMs: number) {
    this.#config = config;
    this.#limits = limitsIn(config);
    this.#tenant = { scope: "tenant", subject: "", startMs, touchedMs: startMs, events: [] };
  }

  allowsStep(step: StepRequest, nowMs: number): BudgetStatus {
    const found = this.#keys(step).map(({ scope, subject }) => this.#open(scope, subject, nowMs));
    return this.#decide(this.#keys(step), found, nowMs);
  }

  consume(step: Consumption, nowMs: number): ConsumeStatus {
    const { tokens_in = 0, tokens_out = 0, cost_usd = 0 } = step;
    const event = { atMs: nowMs, tokensIn: tokens_in, tokensOut: tokens_out, costNano: Math.round(cost_usd * 1e9) };
    const keys = this.#keys(step);
    const charged = keys
      .map(({ scope, subject }) => this.#open(scope, subject, nowMs))
      .map((bucket, i) => bucket ?? this.#begin(keys[i]?.scope ?? "", keys[i]?.subject ?? "", nowMs));
    for (const bucket of charged) bucket.events.push(event);
    for (const { scope } of keys) this.#evict(scope, nowMs);
    return { ...this.#decide(keys, charged, nowMs), cost_usd: event.costNano / 1e9 };
  }

  usageFor(userId: string | null, nowMs: number) {
    const events = this.#open("user", JSON.stringify([userId]), nowMs)?.events ?? [];
    return {
      tokens_in: sum(events, "tokens_in"),
      tokens_out: sum(events, "tokens_out"),
      cost_usd: sum(events, "cost_usd") / 1e9,
      calls: events.length,
    };
  }

  /** The buckets that a step is charged to: the tenant's, the user's, and those of limits on its labels. */
  #keys({ user_id = null, labels = {} }: StepRequest): { scope: string; subject: string }[] {
    const keys = [
      { scope: "tenant", subject: "" },
      { scope: "user", subject: JSON.stringify([user_id]) },
    ];
    for (const { scope } of this.#limits) {
      if (keys.some((key) => key.scope === scope)) continue;
      const values = scope.split("_and_").map((part) => (part === "user" ? user_id : labels[part]));
      if (!values.includes(undefined)) keys.push({ scope, subject: JSON.stringify(values) });
    }
    return keys;
  }

  #open(scope: string, subject: string, nowMs: number): NaiveBucket | undefined {
    if (scope === "tenant") return this.#tenant;
    const bucket = this.#buckets.find((each) => each.scope === scope && each.subject === subject);
    if (!bucket) return undefined;
    this.#buckets = this.#buckets.filter((each) => each !== bucket);
    if (this.#isIdle(bucket, nowMs)) return undefined;
    bucket.touchedMs = nowMs;
    this.#buckets.push(bucket);
    return bucket;
  }

  #begin(scope: string, subject: string, nowMs: number): NaiveBucket {
    const bucket = { scope, subject, startMs: nowMs, touchedMs: nowMs, events: [] };
    this.#buckets.push(bucket);
    return bucket;
  }

  #isIdle(bucket: NaiveBucket, nowMs: number): boolean {
    const ttl = this.#config.user_idle_ttl_seconds;
    if (ttl == null || nowMs - bucket.touchedMs < ttl * 1000) return false;
    const windowed = this.#limits.filter(({ scope, window }) => scope === bucket.scope && window.kind !== "lifetime");
    return windowed.every((limit) => this.#counted(limit, bucket, nowMs).length === 0);
  }

  #evict(scope: string, nowMs: number): void {
    const { max_users } = this.#config;
    if (scope === "tenant") return;
    const isOver = () => max_users != null && this.#buckets.filter((each) => each.scope === scope).length > max_users;
    if (isOver()) this.#buckets = this.#buckets.filter((each) => each.scope !== scope || !this.#isIdle(each, nowMs));
    while (isOver()) {
      const oldest = this.#buckets.find((each) => each.scope === scope);
      this.#buckets = this.#buckets.filter((each) => each !== oldest);
    }
  }

  /** The bucket's events that a limit's window counts now. */
  #counted({ window }: NamedLimit, { events }: NaiveBucket, nowMs: number): Event[] {
    if (window.kind === "lifetime") return events;
    if (window.kind === "calendar") {
      const { startMs } = this.#period(window.id, nowMs);
      return events.filter(({ atMs }) => atMs >= startMs);
    }
    return events.filter(({ atMs }) => leavesAt(atMs, window.lengthMs) > nowMs);
  }

  /** Keeps the last period of each unit, because `naivePeriod` is slow. */
  #period(unit: "minute" | "hour" | "day" | "week" | "month", nowMs: number): Period {
    const known = this.#periods.get(unit);
    if (known && known.startMs <= nowMs && nowMs < known.endMs) return known;
    const { timezone, day_starts_at, week_starts_on, month_starts_on } = this.#config;
    const settings = {
      timezone: timezone ?? "UTC",
      dayStartsAt: day_starts_at ?? "00:00",
      weekStartsOn: week_starts_on ?? ("monday" as const),
      monthStartsOn: month_starts_on ?? 1,
    };
    const period = naivePeriod(settings, unit, nowMs);
    this.#periods.set(unit, period);
    return period;
  }

  #decide(keys: { scope: string }[], buckets: (NaiveBucket | undefined)[], nowMs: number): BudgetStatus {
    const { enforcement, shadow_limits = [], soft_warning_at = 0.8 } = this.#config;
    const readings = this.#limits.flatMap((limit) => {
      const i = keys.findIndex(({ scope }) => scope === limit.scope);
      if (i === -1) return [];
      const bucket = buckets[i];
      const events = bucket ? this.#counted(limit, bucket, nowMs) : [];
      const elapsedMs = bucket ? nowMs - bucket.startMs : 0;
      const used = limit.metric === "wall_clock" ? elapsedMs : sum(events, limit.metric);
      const shadow = enforcement === "shadow" || shadow_limits.includes(limit.name);
      return [{ limit, bucket, events, used, shadow, full: bucket !== undefined && used >= limit.max }];
    });
    const remaining: Record<string, number> = {};
    for (const { limit, used, shadow } of readings) {
      const left = Math.max(0, limit.max - used) / unitOf(limit.metric);
      if (!shadow) remaining[limit.metric] = Math.min(left, remaining[limit.metric] ?? Number.POSITIVE_INFINITY);
    }
    const wouldBlock = readings.find(({ shadow, full }) => shadow && full)?.limit.name;
    const limits = readings.map(({ limit, used, events, shadow }) => ({
      name: limit.name,
      max: limit.max / unitOf(limit.metric),
      used: used / unitOf(limit.metric),
      held: 0,
      remaining: Math.max(0, limit.max - used) / unitOf(limit.metric),
      resets_at: this.#resetsAt(limit, events, nowMs),
      ...(shadow && { shadow: true as const }),
    }));
    const rest = { remaining, limits, ...(wouldBlock !== undefined && { would_block: wouldBlock }) };
    const blocking = readings.filter(({ shadow, full }) => full && !shadow);
    const [first] = blocking;
    if (first) {
      const lifts = blocking.map(({ limit, events }) => this.#liftsAt(limit, events, nowMs));
      const at = Math.max(...lifts);
      const outOfTime = readings.some(
        ({ limit, bucket, shadow }) =>
          limit.metric === "wall_clock" && bucket && !shadow && at - bucket.startMs >= limit.max,
      );
      const retry_after = outOfTime || at === Number.POSITIVE_INFINITY ? null : (at - nowMs) / 1000;
      return { state: "blocked", reason: first.limit.name, limit: first.limit.name, retry_after, ...rest };
    }
    const warned = readings.filter(
      ({ limit, bucket, used }) => bucket && limit.max > 0 && used / limit.max >= soft_warning_at,
    );
    const warning = warningAmong(warned);
    if (!warning) return { state: "ok", reason: null, limit: null, retry_after: null, ...rest };
    const reason = warningText(warning.limit, warning.used / warning.limit.max);
    return { state: "warn", reason, limit: warning.limit.name, retry_after: null, ...rest };
  }

  #resetsAt({ window }: NamedLimit, events: Event[], nowMs: number): string | null {
    if (window.kind === "lifetime") return null;
    if (window.kind === "calendar") return new Date(this.#period(window.id, nowMs).endMs).toISOString();
    const last = events.at(-1);
    return last ? new Date(leavesAt(last.atMs, window.lengthMs)).toISOString() : null;
  }

  /** When a full limit has room again; infinity for never. */
  #liftsAt({ window, metric, max }: NamedLimit, events: Event[], nowMs: number): number {
    if (window.kind === "lifetime" || max === 0) return Number.POSITIVE_INFINITY;
    if (window.kind === "calendar") return this.#period(window.id, nowMs).endMs;
    const times = events.map(({ atMs }) => leavesAt(atMs, window.lengthMs));
    const stillFull = (time: number) =>
      sum(
        events.filter((_, i) => (times[i] ?? 0) > time),
        metric,
      ) >= max;
    return times.find((time) => !stillFull(time)) ?? Number.POSITIVE_INFINITY;
  }
}

function sum(events: readonly Event[], metric: string): number {
  const amounts: Record<string, (event: Event) => number> = {
    tokens: ({ tokensIn, tokensOut }) => tokensIn + tokensOut,
    input_tokens: ({ tokensIn }) => tokensIn,
    tokens_in: ({ tokensIn }) => tokensIn,
    output_tokens: ({ tokensOut }) => tokensOut,
    tokens_out: ({ tokensOut }) => tokensOut,
    cost_usd: ({ costNano }) => costNano,
    calls: () => 1,
    concurrent_calls: () => 0,
  };
  const amount = amounts[metric];
  if (!amount) throw new Error(`no such metric: ${metric}`);
  return events.reduce((total, event) => total + amount(event), 0);
}
