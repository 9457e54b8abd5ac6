/** Operations of an agent's steps: check and consume. */
import {
  estimateOf,
  freeBy,
  hasEstimate,
  type Price,
  pricedUsageOf,
  recordedCost,
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
import { requireKnownPrice, requireRealEvent, requireRealUsage } from "./event-bounds.ts";
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
  requireKnownPrice(policy, decision, estimate, request, nowMs);
  return statusOf(decision, nowMs, request.detail);
}

function consume(tenant: Tenant, { request }: Operation<"consume">, nowMs: number): ConsumeResponse {
  const { policy } = tenant;
  const { user_id, labels, model, provider, idempotency_key } = request;
  const { usage, price } = pricedUsageOf(request, policy.prices, priceCall, nowMs);
  requireRealUsage(policy, usage, request);
  const { decision, charges } = tenant.engine.consume(policy, subjectOf(request), usage, nowMs, freeBy(price));
  const fields = { user_id, labels, model, provider, ...priceFields(price), idempotency_key };
  tenant.ledger.append("consume", { ...fields, ...chargesOf(charges, usage) }, nowMs);
  return { ...statusOf(decision, nowMs, request.detail), ...recordedCost(usage, price) };
}

/** What a consume with the same body would count. */
function quote({ policy }: Tenant, { request }: Operation<"quote">, nowMs: number): QuoteResponse {
  const { model = "", provider } = request;
  const { prices } = policy;
  const { usage, price } = pricedUsageOf(request, prices, priceCall, nowMs);
  requireRealUsage(policy, usage, request);
  if (usage.unpricedCalls > 0) throw unknownModel({ model, provider, prices, nowMs }, priceCall);
  return { cost_usd: usdFromNano(usage.costNanoUsd), ...priceFields(price) };
}

/** The ledger's fields about a price. */
export function priceFields(price: Price | undefined) {
  return price && { price: { source: price.source, rates: price.rates } };
}

export const STEP_HANDLERS = {
  allows_step: { run: allowsStep },
  consume: { run: consume },
  quote: { run: quote },
} satisfies Handlers;
