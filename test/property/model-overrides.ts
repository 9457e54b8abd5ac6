/** The overrides, raises and freezes of the model's buckets, and the limits that result. */
import { type BudgetConfig, type Maxima, parseLimitName } from "../../src/core/index.ts";
import { isSame, type Key } from "./model-bucket-keys.ts";
import { limitsIn, type NamedLimit } from "./naive-limits.ts";

/** What an operator has set for one bucket. */
interface Overrides {
  readonly override: Maxima | null;
  readonly raise: { readonly maxima: Maxima; readonly untilMs: number } | null;
  readonly freeze: { readonly untilMs: number } | null;
}

const NO_OVERRIDES: Overrides = { override: null, raise: null, freeze: null };

export class ModelOverrides {
  #entries: (Key & Overrides)[] = [];

  get size(): number {
    return this.#entries.length;
  }

  has(key: Key): boolean {
    return this.#entries.some((each) => isSame(each, key));
  }

  of(key: Key): Overrides {
    return this.#entries.find((each) => isSame(each, key)) ?? NO_OVERRIDES;
  }

  set(key: Key, change: Partial<Overrides>): void {
    const { override, raise, freeze } = { ...this.of(key), ...change };
    this.delete((each) => isSame(each, key));
    if (override || raise || freeze) this.#entries.push({ ...key, override, raise, freeze });
  }

  delete(isDeleted: (key: Key) => boolean): void {
    this.#entries = this.#entries.filter((each) => !isDeleted(each));
  }

  /** True if something is set for a bucket that has not expired. */
  isInForce(key: Key, nowMs: number): boolean {
    return this.of(key).override !== null || this.raiseOf(key, nowMs) !== null || this.isFrozen(key, nowMs);
  }

  isFrozen(key: Key, nowMs: number): boolean {
    const { freeze } = this.of(key);
    return freeze !== null && nowMs < freeze.untilMs;
  }

  /** The bucket's raise, until it expires. */
  raiseOf(key: Key, nowMs: number): Overrides["raise"] {
    const { raise } = this.of(key);
    return raise && nowMs < raise.untilMs ? raise : null;
  }

  limitsOf(key: Key, config: BudgetConfig, nowMs: number): NamedLimit[] {
    return limitsIn(this.#maxima(key, config, nowMs));
  }

  /** The windows that some limit of a bucket names, a lifted one too. */
  windowsOf(key: Key, config: BudgetConfig, nowMs: number): string[] {
    return Object.keys(this.#maxima(key, config, nowMs)).flatMap((name) => {
      const parts = parseLimitName(name);
      return typeof parts === "string" || parts.window.kind === "lifetime" ? [] : [parts.window.id];
    });
  }

  /** A bucket's maxima: its scope's, replaced by its override's, replaced by its raise's. Null lifts a limit. */
  #maxima(key: Key, config: BudgetConfig, nowMs: number): Maxima {
    const own = { ...this.of(key).override, ...this.raiseOf(key, nowMs)?.maxima };
    const prefix = key.scope === "tenant" ? "" : `per_${key.scope}_`;
    const general = limitsIn(config).filter(({ scope }) => scope === key.scope);
    return Object.fromEntries([
      ...general.map(({ name }) => [name, config[name as keyof Maxima]]),
      ...Object.entries(own).map(([name, max]) => [`${prefix}${name}`, max]),
    ]);
  }
}
