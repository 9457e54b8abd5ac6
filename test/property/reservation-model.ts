/** The limits that every case of the model runs under; null where it has none. */
export interface ModelLimits {
  readonly max_tokens: number | null;
  readonly max_concurrent_calls: number | null;
  readonly per_user_max_tokens: number | null;
  readonly per_user_max_calls: number | null;
}

interface Totals {
  tokens: number;
  calls: number;
}

interface ModelHold {
  readonly user: string;
  readonly onExpiry: "release" | "charge";
  state: "held" | "committed" | "released" | "expired";
  tokens: number;
  calls: number;
  committedCalls: number;
  expiresAtMs: number;
  /** What its expiry charged and no commit has corrected, and when. */
  estimate: { tokens: number; calls: number; readonly atMs: number } | null;
}

/** What an answer comes to: a decision, or a refusal. */
export type ModelAnswer = readonly [verdict: string, limit: string | null];

/** A budget that adds up what it knows for each question: no windows, no money, plain enough to trust. */
export class ReservationModel {
  readonly #limits: ModelLimits;
  readonly #tenant: Totals = { tokens: 0, calls: 0 };
  readonly #users = new Map<string, Totals>();
  readonly #resetAtMs = new Map<string, number>();
  readonly holds: ModelHold[] = [];

  constructor(limits: ModelLimits) {
    this.#limits = limits;
  }

  get tenant(): Readonly<Totals> {
    return this.#tenant;
  }

  user(user: string): Readonly<Totals> {
    return this.#users.get(user) ?? { tokens: 0, calls: 0 };
  }

  /** Ends every hold whose time is over. Comes before each operation. */
  expire(nowMs: number): void {
    for (const hold of this.holds) {
      if (hold.state !== "held" || hold.expiresAtMs > nowMs) continue;
      hold.state = "expired";
      if (hold.onExpiry === "charge") {
        hold.estimate = { tokens: hold.tokens, calls: hold.calls, atMs: nowMs };
        this.#add(hold.user, hold.tokens, hold.calls);
      }
    }
  }

  allows(user: string, asked = 0): ModelAnswer {
    return this.#decide(user, asked === 0 ? undefined : { tokens: asked, calls: 1, concurrent: 1 });
  }

  consume(user: string, tokens: number): ModelAnswer {
    this.#add(user, tokens, 1);
    return this.#decide(user);
  }

  reserve(user: string, tokens: number, cap: boolean, onExpiry: "release" | "charge", expiresAtMs: number) {
    const granted = this.#grant(user, { tokens, calls: 1, concurrent: 1 }, cap, false);
    if (granted === null) return "refused";
    const state = "held" as const;
    this.holds.push({
      user,
      onExpiry,
      state,
      tokens: granted,
      calls: 1,
      committedCalls: 0,
      expiresAtMs,
      estimate: null,
    });
    return this.#decide(user);
  }

  extend(hold: ModelHold, tokens: number, cap: boolean, expiresAtMs: number) {
    if (hold.state !== "held") return "refused";
    const granted = tokens === 0 ? 0 : this.#grant(hold.user, { tokens, calls: 0, concurrent: 0 }, cap, true);
    if (granted === null) return "refused";
    hold.tokens += granted;
    hold.expiresAtMs = expiresAtMs;
    return this.#decide(hold.user);
  }

  commit(hold: ModelHold, tokens: number, final: boolean) {
    if (hold.state === "committed") return "refused";
    const calls = hold.committedCalls === 0 ? 1 : 0;
    hold.committedCalls += calls;
    const { estimate } = hold;
    const counted = estimate ?? { tokens: 0, calls: 0, atMs: 0 };
    const delta = (part: number, charged: number) => (final ? part - charged : Math.max(0, part - charged));
    const isReset = (this.#resetAtMs.get(hold.user) ?? Number.NEGATIVE_INFINITY) >= counted.atMs;
    const forUser = isReset ? { tokens: 0, calls: 0 } : counted;
    change(this.#tenant, delta(tokens, counted.tokens), delta(calls, counted.calls));
    change(this.#userTotals(hold.user), delta(tokens, forUser.tokens), delta(calls, forUser.calls));
    if (estimate) {
      estimate.tokens = Math.max(0, estimate.tokens - tokens);
      estimate.calls = Math.max(0, estimate.calls - calls);
    }
    if (final) {
      hold.state = "committed";
      hold.estimate = null;
    } else if (hold.state === "held") {
      hold.tokens = Math.max(0, hold.tokens - tokens);
      hold.calls = Math.max(0, hold.calls - calls);
    }
    return this.#decide(hold.user);
  }

  release(hold: ModelHold): string {
    if (hold.state === "committed") return "refused";
    if (hold.state === "held") hold.state = "released";
    return hold.state;
  }

  adjust(user: string, tokens: number): "adjusted" | "refused" {
    if (this.user(user).tokens + tokens < 0) return "refused";
    change(this.#userTotals(user), tokens, 0);
    return "adjusted";
  }

  reset(user: string, nowMs: number): void {
    if (!this.#users.has(user)) return;
    this.#users.set(user, { tokens: 0, calls: 0 });
    this.#resetAtMs.set(user, nowMs);
  }

  /** What live holds of a user keep, or of all. */
  held(user?: string) {
    const live = this.holds.filter((hold) => hold.state === "held" && (user === undefined || hold.user === user));
    const sum = (of: (hold: ModelHold) => number) => live.reduce((total, hold) => total + of(hold), 0);
    return { tokens: sum(({ tokens }) => tokens), calls: sum(({ calls }) => calls), concurrent: live.length };
  }

  #grant(user: string, asked: Asked, cap: boolean, isMore: boolean): number | null {
    if (this.#decide(user, asked, isMore)[0] !== "blocked") return asked.tokens;
    if (!cap) return null;
    const tokens = Math.min(asked.tokens, this.#left(user));
    if (tokens <= 0 && asked.tokens > 0) return null;
    return this.#decide(user, { ...asked, tokens }, isMore)[0] === "blocked" ? null : tokens;
  }

  /** How many tokens every limit leaves. */
  #left(user: string): number {
    const { max_tokens, per_user_max_tokens } = this.#limits;
    const forAll = (max_tokens ?? Number.POSITIVE_INFINITY) - this.#tenant.tokens - this.held().tokens;
    const forUser = (per_user_max_tokens ?? Number.POSITIVE_INFINITY) - this.user(user).tokens - this.held(user).tokens;
    return Math.min(forAll, forUser);
  }

  #decide(user: string, asked: Asked = { tokens: 0, calls: 0, concurrent: 0 }, isMore = false): ModelAnswer {
    const [all, own] = [this.held(), this.held(user)];
    const exists = this.#users.has(user) || own.concurrent > 0;
    const totals = this.user(user);
    const rows = [
      { name: "max_tokens", taken: this.#tenant.tokens + all.tokens, asks: asked.tokens, counts: true },
      { name: "max_concurrent_calls", taken: all.concurrent, asks: asked.concurrent, counts: true },
      { name: "per_user_max_tokens", taken: totals.tokens + own.tokens, asks: asked.tokens, counts: exists },
      { name: "per_user_max_calls", taken: totals.calls + own.calls, asks: asked.calls, counts: exists },
    ].flatMap((row) => {
      const max = this.#limits[row.name as keyof ModelLimits];
      return max === null ? [] : [{ ...row, max }];
    });
    const full = rows.find(
      ({ taken, asks, counts, max }) => (counts && taken >= max + (isMore ? 1 : 0)) || taken + asks > max,
    );
    if (full) return ["blocked", full.name];
    const warned = rows.filter(({ taken, counts, max }) => counts && max > 0 && taken / max >= 0.8);
    const first = ["max_tokens", "per_user_max_tokens"].flatMap((name) => warned.filter((row) => row.name === name))[0];
    const warning = first ?? warned[0];
    return warning ? ["warn", warning.name] : ["ok", null];
  }

  #add(user: string, tokens: number, calls: number): void {
    change(this.#tenant, tokens, calls);
    change(this.#userTotals(user), tokens, calls);
  }

  #userTotals(user: string): Totals {
    const known = this.#users.get(user);
    if (known) return known;
    const totals = { tokens: 0, calls: 0 };
    this.#users.set(user, totals);
    return totals;
  }
}

interface Asked {
  readonly tokens: number;
  readonly calls: number;
  readonly concurrent: number;
}

function change(totals: Totals, tokens: number, calls: number): void {
  totals.tokens = Math.max(0, totals.tokens + tokens);
  totals.calls = Math.max(0, totals.calls + calls);
}
