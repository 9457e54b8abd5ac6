import { type BudgetConfig, type Maxima, parseLimitName } from "../../src/core/index.ts";
import { parseWindow } from "../../src/core/window.ts";
import { amountsAnswer, combine, type Measured, NOTHING, sumOf, totalsAnswer } from "./model-amounts.ts";
import { type Charge, countedIn, type ModelBucket, totalOf } from "./model-buckets.ts";
import { timeOf } from "./model-requests.ts";
import type { ModelHold } from "./model-reservations.ts";
import { leavesAt, limitsIn, type NamedLimit, unitOf, warningAmong, warningText } from "./naive-limits.ts";

export interface Key {
  readonly scope: string;
  readonly subject: string;
}

export interface Subject {
  readonly user: string | null;
  readonly labels: Readonly<Record<string, string>>;
}

/** What an operator has set for a bucket. */
export interface ModelControl {
  readonly override: Maxima | null;
  readonly raise: { readonly maxima: Maxima; readonly untilMs: number } | null;
  readonly freeze: { readonly untilMs: number } | null;
}

/** What is asked of a decision: what the step may come to, and whether it holds something already and wants more. */
interface Question {
  readonly asked?: Measured | undefined;
  readonly isMore?: boolean | undefined;
}

export const TENANT: Key = { scope: "tenant", subject: "" };
const NO_CONTROL: ModelControl = { override: null, raise: null, freeze: null };
const isSame = (a: Key, b: Key) => a.scope === b.scope && a.subject === b.subject;

/** The bucket of a scope that a subject belongs to; null where it lacks one of the scope's labels. */
export function keyIn(scope: string, { user, labels }: Subject): Key | null {
  if (scope === "tenant") return TENANT;
  const values = scope.split("_and_").map((part) => (part === "user" ? user : labels[part]));
  if (values.includes(undefined)) return null;
  return { scope, subject: values.length > 1 ? JSON.stringify(values) : (values[0] ?? "") };
}

/** What the bucket is called that the subjects of a full scope share: longer than any id. */
export const OVERFLOW = "*".repeat(257);

/** A bucket as the wire names it. */
export function nameOf({ scope, subject }: Key) {
  if (subject === OVERFLOW) return { scope, id: null, overflow: true };
  return { scope, id: scope.includes("_and_") ? JSON.parse(subject) : subject || null };
}

/** What was charged, what is held and what is set, and how the limits stand by it: all added up at each question. */
export class ModelAccounts {
  config: BudgetConfig = {};
  /** In the order of their last touch. */
  buckets: ModelBucket[] = [];
  controls: (Key & { control: ModelControl })[] = [];
  holds: ModelHold[] = [];
  /** The ledger's entries by their kinds; of a commit also whether it was late. */
  entries: string[] = [];

  /** The buckets that a step is charged to: of labels, those that a limit counts for or that something is set for. */
  keysOf(subject: Subject, nowMs: number): Key[] {
    const limited = new Set(["tenant", "user", ...limitsIn(this.config).map(({ scope }) => scope)]);
    return ["tenant", "user", "team", "user_and_team"].flatMap((scope) => {
      const key = keyIn(scope, subject);
      return key && (limited.has(scope) || this.#isSet(key, nowMs)) ? [this.counting(key, nowMs)] : [];
    });
  }

  /** The bucket that a subject of a scope counts in: its own, or in a full scope the one that new subjects share. */
  counting(key: Key, nowMs: number): Key {
    if (this.touch(key, nowMs)) return key;
    const shared = { scope: key.scope, subject: OVERFLOW };
    if (this.#takes(key) && !this.touch(shared, nowMs)) {
      const idle = this.buckets.find((bucket) => bucket.scope === key.scope && this.#isIdle(bucket, nowMs));
      if (idle) this.#evict(idle, "idle");
    }
    return this.#takes(key) ? shared : key;
  }

  /** True if a subject without a bucket counts in its scope's overflow. */
  #takes(key: Key): boolean {
    const { max_users = 100_000 } = this.config;
    if (max_users === null || key.scope === "tenant" || !this.#isLimited(key.scope)) return false;
    if (this.controls.some((each) => isSame(each, key))) return false;
    const inScope = this.buckets.filter(({ scope }) => scope === key.scope);
    return inScope.length >= max_users || inScope.some(({ subject }) => subject === OVERFLOW);
  }

  #isLimited(scope: string): boolean {
    return limitsIn(this.config).some((limit) => limit.scope === scope);
  }

  /** Takes up a configuration. Under a higher bound, scopes with room have no overflow any more. */
  configure(config: BudgetConfig): void {
    const boundOf = ({ max_users }: BudgetConfig) => max_users ?? Number.POSITIVE_INFINITY;
    const isRaised = boundOf(config) > boundOf(this.config);
    this.config = config;
    for (const bucket of isRaised ? this.buckets.filter(({ subject }) => subject === OVERFLOW) : []) {
      const count = this.buckets.filter(({ scope }) => scope === bucket.scope).length;
      if (count <= boundOf(config)) this.#evict(bucket, "max_users");
    }
  }

  bucket(key: Key): ModelBucket | undefined {
    return this.buckets.find((each) => isSame(each, key));
  }

  /** Charges every bucket of a subject, which can leave its scopes with more buckets than are kept. */
  chargeAll(keys: readonly Key[], startedAtMs: number, chargeOf: (key: Key) => Omit<Charge, "windows">): void {
    for (const key of keys) this.charge(key, startedAtMs, chargeOf(key));
    this.keepWithin(
      startedAtMs,
      keys.map(({ scope }) => scope),
    );
  }

  /** Evicts what is above the bound: of these scopes, or of all. */
  keepWithin(nowMs: number, scopes = this.buckets.map(({ scope }) => scope)): void {
    for (const scope of scopes) {
      for (const bucket of this.buckets)
        if (bucket.scope === scope && this.#isIdle(bucket, nowMs)) this.#evict(bucket, "idle");
      if (scope === "tenant" || this.#isLimited(scope)) continue;
      const inScope = this.buckets.filter((each) => each.scope === scope);
      const over = Math.max(0, inScope.length - (this.config.max_users ?? Number.POSITIVE_INFINITY));
      const evictable = inScope.filter((bucket) => !this.#isSet(bucket, nowMs));
      for (const oldest of evictable.slice(0, over)) this.#evict(oldest, "max_users");
    }
  }

  #evict(bucket: ModelBucket, cause: string): void {
    this.buckets = this.buckets.filter((each) => each !== bucket);
    this.entries.push(`eviction ${cause}`);
  }

  /** True for a bucket that is too long untouched, and neither reserved from nor counting in a window. */
  #isIdle(bucket: ModelBucket, nowMs: number): boolean {
    const { user_idle_ttl_seconds: seconds } = this.config;
    if (seconds == null || bucket.scope === "tenant" || nowMs - bucket.touchedAtMs < seconds * 1000) return false;
    if (this.held(bucket).concurrent_calls > 0) return false;
    const windows = this.#windows(bucket, nowMs).flatMap((id) => parseWindow(id) ?? []);
    return windows.every((window) => Object.values(countedIn(window, bucket, nowMs)).every((amount) => amount === 0));
  }

  /** True if some bucket is of an age at which it may be idle after a restart, or may not: its last touch is not stored. */
  isAnyUncertain(nowMs: number): boolean {
    const ttlMs = (this.config.user_idle_ttl_seconds ?? 0) * 1000;
    const isUncertain = (ageMs: number) => ageMs >= ttlMs && ageMs < ttlMs + ttlMs / 60;
    return ttlMs > 0 && this.buckets.some(({ touchedAtMs }) => isUncertain(nowMs - touchedAtMs));
  }

  /** Adds a charge to a bucket, which takes no total below zero; a bucket that is none yet begins with it. */
  charge(key: Key, startedAtMs: number, charge: Omit<Charge, "windows">): void {
    const bucket = this.touch(key, startedAtMs) ?? { ...key, startedAtMs, touchedAtMs: startedAtMs, charges: [] };
    if (!this.buckets.includes(bucket)) {
      this.buckets.push(bucket);
      if (key.subject === OVERFLOW) this.entries.push("overflow");
    }
    const amounts = combine(charge.amounts, totalOf(bucket), (amount, total) => Math.max(amount, -total));
    bucket.charges.push({ ...charge, amounts, windows: this.#windows(key, charge.atMs) });
  }

  /** Asking for a bucket touches it as charging it does. */
  touch(key: Key, nowMs: number): ModelBucket | undefined {
    const bucket = this.bucket(key);
    if (!bucket) return undefined;
    if (this.#isIdle(bucket, nowMs)) {
      this.#evict(bucket, "idle");
      return undefined;
    }
    bucket.touchedAtMs = nowMs;
    this.buckets = [...this.buckets.filter((each) => each !== bucket), bucket];
    return bucket;
  }

  control(key: Key): ModelControl {
    return this.controls.find((each) => isSame(each, key))?.control ?? NO_CONTROL;
  }

  set(key: Key, change: Partial<ModelControl>): void {
    const control = { ...this.control(key), ...change };
    this.controls = this.controls.filter((each) => !isSame(each, key));
    if (control.override || control.raise || control.freeze) this.controls.push({ ...key, control });
  }

  /** What live holds keep of a bucket. */
  held(key: Key): Measured {
    const own = this.holds.filter((hold) => {
      const own = keyIn(key.scope, hold);
      if (hold.state !== "held" || own === null) return false;
      const kept = !this.bucket(own) && this.#takes(own) ? { ...own, subject: OVERFLOW } : own;
      return isSame(kept, key);
    });
    return sumOf(
      own.map(({ held }) => held),
      NOTHING,
    );
  }

  /** The most of what is asked for that every limit of these buckets leaves of a metric. */
  left(keys: readonly Key[], metric: keyof Measured, owner: string | undefined, nowMs: number): number {
    if (this.config.enforcement === "shadow") return Number.POSITIVE_INFINITY;
    const kept = sumOf(
      this.holds
        .filter((hold) => hold.state === "held" && owner !== undefined && hold.owner === owner)
        .map(({ held }) => held),
      NOTHING,
    );
    const lefts = keys.flatMap((key) => {
      const readings = this.#readings(key, nowMs).filter(({ limit }) => limit.metric === metric);
      return readings.map(({ limit, used, held }) => {
        const left = limit.max - used - held;
        const isOwn = /^user/.test(key.scope) && key.subject !== OVERFLOW;
        if (owner === undefined || isOwn) return left;
        const own = measure(kept, limit.metric);
        const others = used + Math.max(0, held - own);
        const room = Math.max(0, limit.max - others);
        const least = /calls/.test(limit.metric) ? Math.min(1, room) : 0;
        return Math.min(left, Math.max(Math.floor(room / 2), least) - Math.min(own, held));
      });
    });
    return Math.min(...lefts);
  }

  /** True if this much is more than an owner's share of what others leave. */
  isBeyondShare(keys: readonly Key[], asked: Measured, owner: string | undefined, nowMs: number): boolean {
    if (owner === undefined) return false;
    const metrics = Object.keys(asked) as (keyof Measured)[];
    return metrics.some((metric) => asked[metric] > 0 && asked[metric] > this.left(keys, metric, owner, nowMs));
  }

  decide(keys: readonly Key[], nowMs: number, { asked = NOTHING, isMore = false }: Question = {}) {
    for (const key of keys) this.touch(key, nowMs);
    const decision = this.#decideAt(keys, nowMs, { asked, isMore });
    return { ...decision, retry_after: this.#retryAfter(keys, decision.state, nowMs, { asked, isMore }) };
  }

  /** Seconds until the step is let through, found by trying every time at which something changes; null for never. */
  #retryAfter(keys: readonly Key[], state: string, nowMs: number, question: Question): number | null | undefined {
    // What reservations keep comes back earlier than they expire, so no time can be told exactly.
    if (this.holds.some((hold) => hold.state === "held")) return undefined;
    if (state !== "blocked") return null;
    const isFreeAt = (atMs: number) => atMs > nowMs && this.#decideAt(keys, atMs, question).state !== "blocked";
    const freeAtMs = keys
      .flatMap((key) => this.#changesOf(key, nowMs))
      .sort((a, b) => a - b)
      .find(isFreeAt);
    return freeAtMs === undefined ? null : (freeAtMs - nowMs) / 1000;
  }

  /** When something may change for a bucket by itself: a time set for it ends, or a window lets go of what it counts. */
  #changesOf(key: Key, nowMs: number): number[] {
    const { raise, freeze } = this.control(key);
    const leaving = (this.bucket(key)?.charges ?? []).map(({ atMs }) => leavesAt(atMs, 60_000));
    // A clock that went back has counted at later minutes.
    const lastMs = Math.max(nowMs, ...(this.bucket(key)?.charges ?? []).map(({ atMs }) => atMs));
    const minutes: number[] = [];
    for (let atMs = nowMs; atMs <= lastMs; atMs += 60_000) minutes.push((Math.floor(atMs / 60_000) + 1) * 60_000);
    minutes.push((Math.floor(lastMs / 60_000) + 1) * 60_000);
    return [raise?.untilMs ?? 0, freeze?.untilMs ?? 0, ...leaving, ...minutes].filter(Number.isFinite);
  }

  #decideAt(keys: readonly Key[], nowMs: number, { asked = NOTHING, isMore = false }: Question) {
    const readings = keys.flatMap((key) => this.#readings(key, nowMs));
    const isShadow = this.config.enforcement === "shadow";
    const [full] = readings.filter(({ limit, used, held, counts }) => {
      const isReached = isMore && limit.metric !== "wall_clock" ? used + held > limit.max : used + held >= limit.max;
      return (counts && isReached) || used + held + measure(asked, limit.metric) > limit.max;
    });
    const softly = this.config.soft_warning_at ?? 0.8;
    const shareOf = ({ limit, used, held }: Reading) => (used + held) / limit.max;
    const warning = warningAmong(
      readings.filter((each) => each.counts && each.limit.max > 0 && shareOf(each) >= softly),
    );
    const rest = {
      remaining: this.#remaining(readings),
      ...(full && isShadow && { would_block: full.limit.name }),
      limits: readings.map((each) => this.#limitAnswer(each)),
    };
    if (keys.some((key) => this.#isFrozen(key, nowMs)))
      return { state: "blocked", reason: "frozen", limit: null, ...rest };
    const blocking = isShadow ? undefined : full?.limit.name;
    if (blocking) return { state: "blocked", reason: blocking, limit: blocking, ...rest };
    if (!warning) return { state: "ok", reason: null, limit: null, ...rest };
    const reason = warningText(warning.limit, shareOf(warning));
    return { state: "warn", reason, limit: warning.limit.name, ...rest };
  }

  usageAnswer(key: Key, nowMs: number) {
    const counting = this.counting(key, nowMs);
    const bucket = this.touch(key, nowMs);
    const held = this.held(key);
    const { override, raise, freeze } = this.control(key);
    const { remaining, limits } = this.decide([counting], nowMs);
    const overflowing = this.buckets.filter(({ scope, subject }) => subject === OVERFLOW && this.#isLimited(scope));
    const untilMs = freeze?.untilMs ?? Number.POSITIVE_INFINITY;
    const frozen = { until: untilMs === Number.POSITIVE_INFINITY ? null : timeOf(untilMs) };
    return {
      ...nameOf(key),
      ...(counting.subject === OVERFLOW && key.subject !== OVERFLOW && { in_overflow: true }),
      ...totalsAnswer(totalOf(bucket)),
      started_at: bucket ? timeOf(bucket.startedAtMs) : null,
      wall_clock: bucket ? Math.max(0, nowMs - bucket.startedAtMs) / 1000 : 0,
      override,
      raise: raise && nowMs < raise.untilMs ? { ...raise.maxima, expires_at: timeOf(raise.untilMs) } : null,
      frozen: this.#isFrozen(key, nowMs) ? frozen : null,
      held: { ...amountsAnswer(held), reservations: held.concurrent_calls },
      limits,
      remaining,
      ...(key.scope === "tenant" && {
        users:
          this.buckets.filter(({ scope }) => scope === "user").length -
          overflowing.filter(({ scope }) => scope === "user").length,
        ...(overflowing.length > 0 && {
          overflowing: limitsIn(this.config)
            .map(({ scope }) => scope)
            .filter((scope, i, all) => all.indexOf(scope) === i && overflowing.some((each) => each.scope === scope)),
        }),
      }),
    };
  }

  /** True if something is set for a bucket now, and not for a time that has ended. */
  #isSet(key: Key, nowMs: number): boolean {
    const { override, raise } = this.control(key);
    return override !== null || (raise !== null && nowMs < raise.untilMs) || this.#isFrozen(key, nowMs);
  }

  #isFrozen(key: Key, nowMs: number): boolean {
    const { freeze } = this.control(key);
    return freeze !== null && nowMs < freeze.untilMs;
  }

  /** The maxima in force for a bucket: its scope's, then its own in their place, then those for a time. Null lifts. */
  #maxima(key: Key, nowMs: number): Maxima {
    const { override, raise } = this.control(key);
    const own = { ...override, ...(raise && nowMs < raise.untilMs && raise.maxima) };
    const prefix = key.scope === "tenant" ? "" : `per_${key.scope}_`;
    const general = limitsIn(this.config).filter(({ scope }) => scope === key.scope);
    return Object.fromEntries([
      ...general.map(({ name }) => [name, this.config[name as keyof Maxima]]),
      ...Object.entries(own).map(([name, max]) => [`${prefix}${name}`, max]),
    ]);
  }

  /** The windows that some limit of a bucket names, a lifted one too. */
  #windows(key: Key, nowMs: number): string[] {
    return Object.keys(this.#maxima(key, nowMs)).flatMap((name) => {
      const parts = parseLimitName(name);
      return typeof parts === "string" || parts.window.kind === "lifetime" ? [] : [parts.window.id];
    });
  }

  #readings(key: Key, nowMs: number): Reading[] {
    const bucket = this.bucket(key);
    const held = this.held(key);
    return limitsIn(this.#maxima(key, nowMs)).map((limit) => {
      const counted = measure(countedIn(limit.window, bucket, nowMs), limit.metric);
      const elapsedMs = bucket ? Math.max(0, nowMs - bucket.startedAtMs) : 0;
      return {
        limit,
        used: limit.metric === "wall_clock" ? elapsedMs : counted,
        held: measure(held, limit.metric),
        counts: bucket !== undefined || held.concurrent_calls > 0,
      };
    });
  }

  #remaining(readings: readonly Reading[]): Record<string, number> {
    const remaining: Record<string, number> = {};
    if (this.config.enforcement === "shadow") return remaining;
    for (const { limit, used, held } of readings) {
      const left = Math.max(0, limit.max - used - held) / unitOf(limit.metric);
      remaining[limit.metric] = Math.min(left, remaining[limit.metric] ?? left);
    }
    return remaining;
  }

  #limitAnswer({ limit, used, held }: Reading) {
    const unit = unitOf(limit.metric);
    return {
      name: limit.name,
      max: limit.max / unit,
      used: used / unit,
      held: held / unit,
      remaining: Math.max(0, limit.max - used - held) / unit,
      ...(this.config.enforcement === "shadow" && { shadow: true }),
    };
  }
}

/** A decision, with every limit only where asked for. */
export function told({ limits, ...decision }: ReturnType<ModelAccounts["decide"]>, detail = false): object {
  return detail ? { ...decision, limits } : decision;
}

/** How one limit stands; it blocks and warns only where its bucket exists or something is held of it. */
interface Reading {
  readonly limit: NamedLimit;
  readonly used: number;
  readonly held: number;
  readonly counts: boolean;
}

/** What of this a limit's metric counts. */
function measure(of: Measured, metric: NamedLimit["metric"]): number {
  return metric === "wall_clock" ? 0 : of[metric];
}
