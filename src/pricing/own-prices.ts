/** A tenant's own price of a model, whatever spelling the configuration has it under. */
import type { ModelPrice } from "../core/index.ts";
import { BoundedMap } from "./bounded-map.ts";
import { providerIdOf } from "./providers.ts";
import { normalized, type ResolvedModel, readingsOf, resolveModel } from "./resolve-model.ts";

type Prices = Readonly<Record<string, ModelPrice>>;

const MAX_CACHED = 1024;
const found = new WeakMap<Prices, BoundedMap<string, ModelPrice | undefined>>();

/**
 * Returns the price under the call's own spelling, else under another spelling of its model. A price under a name with a
 * provider is that provider's, and takes precedence over one under a name without, which is every provider's.
 */
export function ownPriceOf(prices: Prices, model: string, provider: string | undefined): ModelPrice | undefined {
  if (Object.hasOwn(prices, model)) return prices[model];
  let cache = found.get(prices);
  if (!cache) {
    cache = new BoundedMap(MAX_CACHED);
    found.set(prices, cache);
  }
  return cache.getOrCompute(`${provider ?? ""}\n${model}`, () => findOwnPrice(prices, model, provider));
}

function findOwnPrice(prices: Prices, model: string, provider: string | undefined): ModelPrice | undefined {
  const call = callOf(model, provider);
  const entries = Object.entries(prices);
  const spelledAlike = entries.find(([key]) => normalized(key) === normalized(model));
  const [, price] = spelledAlike ?? entries.find(isOf(call, true)) ?? entries.find(isOf(call, false)) ?? [];
  return price;
}

interface Call {
  readonly provider: string | undefined;
  readonly name: string;
  readonly resolved: ResolvedModel | undefined;
}

function callOf(model: string, provider: string | undefined): Call {
  const resolved = resolveModel(model, provider);
  const [reading] = readingsOf(normalized(model));
  const named = provider === undefined ? reading?.provider : providerIdOf(provider);
  return { provider: resolved?.provider ?? named, name: reading?.rest ?? normalized(model), resolved };
}

function isOf(call: Call, withProvider: boolean) {
  return ([key]: readonly [string, ModelPrice]): boolean => {
    const [reading] = readingsOf(normalized(key));
    if ((reading !== undefined) !== withProvider) return false;
    if (reading && reading.provider !== call.provider) return false;
    const name = reading?.rest ?? normalized(key);
    return call.resolved ? resolveModel(name, call.provider)?.name === call.resolved.name : name === call.name;
  };
}
