/** A configuration as written, and what is wrong with one. */
import { parseLimitName, printLimitName } from "./limits.ts";
import { MAXIMA } from "./metrics.ts";
import { SETTINGS, type Setting, type Settings } from "./settings.ts";
import { accepts, describeType } from "./values.ts";

/** Maxima under limits' names: tokens and calls as integers, cost in USD, wall clock in seconds. Null: no limit. */
export interface Maxima {
  [limit: `max_${string}` | `per_${string}_max_${string}`]: number | null | undefined;
}

/** Maxima under limits' names, and settings beside them. */
export interface BudgetConfig extends Maxima, Settings {}

/** What is wrong with one key of a configuration. */
export interface ConfigIssue {
  readonly key: string;
  readonly detail: string;
}

/** How many limits a configuration can have: a rolling window takes up to 3 kB of a bucket's row. */
const MAX_LIMITS = 100;

/** Lists what is wrong with a configuration; empty if nothing is. */
export function configIssues(config: Readonly<Record<string, unknown>>): ConfigIssue[] {
  const issues = Object.entries(config).flatMap(([key, value]) => {
    const setting = settingNamed(key);
    const isValid = !setting || value === undefined || accepts(setting, value);
    return isValid ? [] : [{ key, detail: `takes ${describeType(setting)}` }];
  });
  const maxima = Object.fromEntries(Object.entries(config).filter(([key]) => !settingNamed(key)));
  return [...issues, ...maximaIssues(maxima), ...shadowIssues(config)];
}

/** The setting of that name; undefined if it is a limit's name, or none. */
export function settingNamed(key: string): Setting | undefined {
  return Object.hasOwn(SETTINGS, key) ? (SETTINGS as Readonly<Record<string, Setting>>)[key] : undefined;
}

/** Lists what is wrong with maxima, two names of one limit included. */
export function maximaIssues(maxima: Readonly<Record<string, unknown>>, maxLimits = MAX_LIMITS): ConfigIssue[] {
  const issues: ConfigIssue[] = [];
  const spelled = new Map<string, string>();
  const beyond = Object.keys(maxima).filter((key) => maxima[key] != null)[maxLimits];
  if (beyond !== undefined) return [{ key: beyond, detail: `is one limit too many: up to ${maxLimits} can be set` }];
  for (const [key, value] of Object.entries(maxima)) {
    const name = parseLimitName(key);
    if (typeof name === "string") {
      issues.push({ key, detail: name });
      continue;
    }
    const twin = spelled.get(printLimitName(name));
    spelled.set(printLimitName(name), key);
    if (twin !== undefined) issues.push({ key, detail: `is the same limit as ${twin}` });
    const type = MAXIMA[name.metric];
    if (value !== undefined && !accepts(type, value)) issues.push({ key, detail: `takes ${describeType(type)}` });
  }
  return issues;
}

function shadowIssues(config: Readonly<Record<string, unknown>>): ConfigIssue[] {
  const { shadow_limits: names } = config;
  if (!Array.isArray(names)) return [];
  const unknown = names
    // Anything else is an issue of the setting itself.
    .filter((name) => typeof name === "string")
    .filter((name) => config[name] === undefined || config[name] === null || settingNamed(name));
  return unknown.map((name) => ({
    key: "shadow_limits",
    detail: `names "${name}", which this configuration does not limit`,
  }));
}
