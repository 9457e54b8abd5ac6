/** Operations of an agent's steps: check and consume. */
import {
  estimateOf,
  hasEstimate,
  isFree,
  pricedUsageOf,
  priceFields,
  recordedCost,
  requirePrice,
  statusOf,
  subjectOf,
  unknownModel,
  usdFromNano,
} from "../../core/index.ts";
import type { Operation } from "../../operations/index.ts";
import { priceCall } from "../../pricing/index.ts";
import type { ConsumeResponse, DecisionResponse, QuoteResponse } from "../../wire/index.ts";
import { chargesOf } from "../store/ledger-entry.ts";
import type { Tenant } from "../tenant.ts";
import { requireRealEvent, requireRealUsage } from "./event-bounds.ts";
import type { Handlers } from "./handler.ts";

function allowsStep(tenant: Tenant, { request }: Operation<"allows_step">, nowMs: number): DecisionResponse {
  const { policy } = tenant;
  const estimate = estimateOf(request, policy.prices, priceCall, nowMs);
  const amounts = hasEstimate(request) ? estimate.amounts : undefined;
  if (amounts) requireRealEvent(policy, amounts, request);
  const decision = tenant.engine.allowsStep(policy, subjectOf(request), nowMs, {
    estimate: amounts,
    isFree: estimate.isFree,
  });
  requirePrice(decision, estimate);
  return statusOf(decision, nowMs, request.detail);
}

function consume(tenant: Tenant, { request }: Operation<"consume">, nowMs: number): ConsumeResponse {
  const { policy } = tenant;
  const { user_id, labels, model, provider, idempotency_key } = request;
  const { usage, price } = pricedUsageOf(request, policy.prices, priceCall, nowMs);
  requireRealUsage(policy, usage, request);
  const { decision, charges } = tenant.engine.consume(policy, subjectOf(request), usage, nowMs, () => isFree(price));
  const fields = { user_id, labels, model, provider, ...priceFields(price), idempotency_key };
  tenant.ledger.append("consume", { ...fields, ...chargesOf(charges, usage) }, nowMs);
  return { ...statusOf(decision, nowMs, request.detail), ...recordedCost(usage, price) };
}

/** What a consume with the same body would count. */
function quote({ policy }: Tenant, { request }: Operation<"quote">, nowMs: number): QuoteResponse {
  const { usage, price } = pricedUsageOf(request, policy.prices, priceCall, nowMs);
  requireRealUsage(policy, usage, request);
  if (usage.unpricedCalls > 0) throw unknownModel(request, priceCall);
  return { cost_usd: usdFromNano(usage.costNanoUsd), ...priceFields(price) };
}

export const STEP_HANDLERS = {
  allows_step: { run: allowsStep },
  consume: { run: consume },
  quote: { run: quote },
} satisfies Handlers;
