/** Resolves the spellings of a model's name to one model of the catalogue, exactly: never to a similar one. */
import type { ModelInfo } from "@pydantic/genai-prices";
import { BoundedMap } from "./bounded-map.ts";
import { type PriceList, priceListOf } from "./catalogue.ts";
import { accepts } from "./match.ts";
import { isRouter, NAMED_ALONE, type ProviderId, providerIdOf } from "./providers.ts";
import { type Form, LOOSE_FORMS, ROUTES, SAME_FORMS } from "./spellings.ts";

/** A model at a provider. */
export interface ResolvedModel {
  readonly provider: ProviderId;
  /** The catalogue's id of the model. */
  readonly model: string;
  /** Its one name: `provider/model`. */
  readonly name: string;
  /** What the catalogue says of it, corrected. */
  readonly info: ModelInfo;
  /** Whose price list it is in: another's if the provider resells it. */
  readonly listedBy: ProviderId;
}

/** Longer names are not resolved, so that a cached one is small. */
const MAX_LENGTH = 256;
/** No usual spelling has a dozen other forms; one made to have thousands would take long. */
const MAX_FORMS = 32;
const MAX_CACHED = 4096;
const resolved = new BoundedMap<string, ResolvedModel | undefined>(MAX_CACHED);

/**
 * Returns the model that a spelling names, or undefined if the catalogue has no such model or no such version of it.
 *
 * @param provider where the call went; the spelling can say it too, but not another one
 * @example resolveModel("azure/gpt-4o-2024-08-06")?.name // "azure/gpt-4o"
 */
export function resolveModel(spelling: string, provider?: string): ResolvedModel | undefined {
  if (spelling.length > MAX_LENGTH || (provider?.length ?? 0) > MAX_LENGTH) return undefined;
  return resolved.getOrCompute(`${provider ?? ""}\n${spelling}`, () => {
    const name = normalized(spelling);
    if (provider === undefined || isRouter(provider)) return findAnywhere(name);
    const id = providerIdOf(provider);
    return id && findAt(id, name);
  });
}

/** The one name of a model in any spelling: `provider/model`, or, of one that is not in the catalogue, as spelled. */
export function canonicalName(spelling: string, provider?: string): string {
  return resolveModel(spelling, provider)?.name ?? normalized(spelling);
}

/** A spelling without the differences that no provider makes. */
export function normalized(spelling: string): string {
  return spelling.trim().toLowerCase();
}

/** What a name, in lower case, can say: the provider, and the model's name there. The most usual reading is first. */
export function readingsOf(name: string): readonly { readonly provider: ProviderId; readonly rest: string }[] {
  const [, prefix, afterPrefix] = /^([^/:]+)[/:](.+)$/.exec(name) ?? [];
  const prefixed = [{ provider: providerIdOf(prefix ?? ""), rest: afterPrefix }];
  const routed = ROUTES.map(({ pattern, provider }) => ({ provider, rest: pattern.exec(name)?.[1] }));
  return [...prefixed, ...routed].flatMap(({ provider, rest }) => (provider && rest ? [{ provider, rest }] : []));
}

function findAnywhere(name: string): ResolvedModel | undefined {
  for (const { provider, rest } of readingsOf(name)) {
    const found = findAt(provider, rest);
    if (found) return found;
  }
  for (const provider of NAMED_ALONE) {
    const found = findInList(priceListOf(provider), name, provider);
    if (found) return found;
  }
  return undefined;
}

function findAt(provider: ProviderId, name: string): ResolvedModel | undefined {
  const own = priceListOf(provider);
  const lists = [own, ...own.resells.map(priceListOf)];
  for (const list of lists) {
    const found = findInList(list, name, provider);
    if (found) return found;
  }
  for (const reading of readingsOf(name)) {
    const isConsistent = lists.some((list) => list.provider === reading.provider);
    const found = isConsistent && reading.rest !== name ? findAt(provider, reading.rest) : undefined;
    if (found) return found;
  }
  return undefined;
}

function findInList(list: PriceList, name: string, provider: ProviderId): ResolvedModel | undefined {
  const info = findInfo(list, name);
  return info && { provider, model: info.id, name: `${provider}/${info.id}`, info, listedBy: list.provider };
}

function findInfo(list: PriceList, name: string): ModelInfo | undefined {
  const same = rewrites(name, SAME_FORMS, list.provider);
  for (const each of same) {
    const info = list.names.get(each);
    if (info) return info;
  }
  for (const each of same) {
    for (const base of rewrites(each, LOOSE_FORMS, list.provider)) {
      const info = list.names.get(base);
      if (info && same.some((full) => accepts(info.match, full))) return info;
    }
  }
  return undefined;
}

/** Lists a name and all that the forms, one after another, make of it. */
function rewrites(name: string, forms: readonly Form[], provider: ProviderId): readonly string[] {
  const names = [name];
  // Grows while it is read: one form can uncover another.
  for (const each of names) {
    for (const { pattern, instead, providers } of forms) {
      if (providers && !providers.includes(provider)) continue;
      const other = each.replace(pattern, instead);
      if (names.length < MAX_FORMS && !names.includes(other)) names.push(other);
    }
  }
  return names;
}
