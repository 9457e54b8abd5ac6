/** The models of the bundled catalogue by provider and by name, read when a provider is first asked for. */
import { findProvider, type ModelInfo } from "@pydantic/genai-prices";
import { correctedModels } from "./corrections.ts";
import { namesIn } from "./match.ts";
import { PROVIDERS, type ProviderId } from "./providers.ts";
import { MORE_NAMES } from "./spellings.ts";

/** What a provider sells. */
export interface PriceList {
  readonly provider: ProviderId;
  /** In lower case: the ids of models, and the other names that the catalogue spells out. */
  readonly names: ReadonlyMap<string, ModelInfo>;
  /** The providers whose models it sells at their prices. */
  readonly resells: readonly ProviderId[];
}

const lists = new Map<ProviderId, PriceList>();

export function priceListOf(provider: ProviderId): PriceList {
  const known = lists.get(provider);
  if (known) return known;
  const list = readPriceList(provider);
  lists.set(provider, list);
  return list;
}

function readPriceList(provider: ProviderId): PriceList {
  const found = findProvider({ providerId: provider });
  if (found?.id !== provider) throw new Error(`the catalogue has no provider ${provider}`);
  const models = correctedModels(provider, found.models);
  const names = new Map<string, ModelInfo>();
  const add = (name: string, model: ModelInfo) => {
    if (!names.has(name)) names.set(name, model);
  };
  // Ids go first, and parts of names last: "claude-3-haiku" is a name of its own model before it is a part of another's.
  for (const model of models) add(model.id.toLowerCase(), model);
  for (const model of models) for (const name of namesIn(model.match).whole) add(name, model);
  for (const model of models) for (const name of namesIn(model.match).partial) add(name, model);
  for (const more of MORE_NAMES) {
    const model = more.provider === provider ? names.get(more.model) : undefined;
    if (model) for (const name of more.names) add(name, model);
  }
  const resells = PROVIDERS.filter((each) => found.fallback_model_providers?.includes(each));
  return { provider, names, resells };
}
