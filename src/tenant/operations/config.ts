/** Operations on the configuration. */
import { type BudgetConfig, configIssues, mergePatch, type Policy } from "../../core/index.ts";
import type { Operation } from "../../operations/index.ts";
import { BudgetError, type ConfigVersion, type Edit, inputRefusal, type Page, pointerTo } from "../../wire/index.ts";
import type { Tenant } from "../tenant.ts";
import { editorOf, withoutUndefined } from "./edits.ts";
import type { Handlers } from "./handler.ts";

function config(tenant: Tenant): ConfigVersion {
  return tenant.config.version;
}

/** Replaces the configuration from the next operation on. Totals stay. */
function configure(tenant: Tenant, operation: Operation<"configure">, nowMs: number): ConfigVersion {
  return replaceConfig(tenant, () => operation.config, operation.edit, nowMs);
}

/** Merges a patch into the configuration (RFC 7396). */
function patchConfig(tenant: Tenant, operation: Operation<"patch_config">, nowMs: number): ConfigVersion {
  const merge = (known: BudgetConfig) => mergePatch(known, operation.patch) as BudgetConfig;
  return replaceConfig(tenant, merge, operation.edit, nowMs);
}

function configHistory(tenant: Tenant, { query: { after, limit } }: Operation<"config_history">): Page<ConfigVersion> {
  return tenant.config.history(after, limit);
}

function replaceConfig(
  tenant: Tenant,
  edited: (config: BudgetConfig) => BudgetConfig,
  edit: Edit,
  nowMs: number,
): ConfigVersion {
  const { version, config: known } = tenant.config.version;
  if (edit.ifVersion && !edit.ifVersion.includes(version)) {
    throw new BudgetError({ code: "precondition_failed", detail: `the configuration is at version ${version}` });
  }
  const next = withoutNullLimits(edited(known));
  const issues = configIssues(next as Record<string, unknown>);
  if (issues.length > 0) {
    throw new BudgetError(inputRefusal(issues.map(({ key, detail }) => ({ pointer: pointerTo([key]), detail }))));
  }
  // The idle time decides how often touches are stored, so those not stored under the old one are stored now.
  tenant.buckets.saveTouches();
  const boundBefore = tenant.config.isValid ? bucketBound(tenant.policy) : Number.POSITIVE_INFINITY;
  const replaced = tenant.config.replace(next, edit.author ?? null, nowMs);
  tenant.ledger.append("config", { version: replaced.version, ...editorOf(edit) }, nowMs);
  if (bucketBound(tenant.policy) > boundBefore) tenant.engine.evictOverflow(tenant.policy, nowMs);
  return replaced;
}

function bucketBound({ maxBuckets }: Policy): number {
  return maxBuckets ?? Number.POSITIVE_INFINITY;
}

/** Drops limits of null, which limit nothing. `max_users: null` stays: it differs from the default. */
function withoutNullLimits(config: BudgetConfig): BudgetConfig {
  const isSet = ([key, value]: [string, unknown]) => value !== null || key === "max_users";
  return Object.fromEntries(Object.entries(withoutUndefined(config)).filter(isSet));
}

export const CONFIG_HANDLERS = {
  config: { run: config },
  configure: { run: configure, after: "expiries" },
  patch_config: { run: patchConfig, after: "expiries" },
  config_history: { run: configHistory },
} satisfies Handlers;
