/** Every provider and model of the catalogue resolves to itself. */
import { type MatchLogic, type Provider, waitForUpdate } from "@pydantic/genai-prices";
import { expect, test } from "vitest";
import { resolveModel } from "../../src/pricing/index.ts";
import { NAMED_ALONE, PROVIDERS, type ProviderId } from "../../src/pricing/providers.ts";

const CATALOGUE = (await waitForUpdate()) as (Provider & { id: ProviderId })[];

/** What the catalogue's rule equals. */
function namesOf(rule: MatchLogic): string[] {
  if ("or" in rule) return rule.or.flatMap(namesOf);
  return "equals" in rule ? [rule.equals] : [];
}

const MODELS = CATALOGUE.flatMap(({ id: provider, models }) =>
  models.map(({ id, match }) => ({ provider, name: `${provider}/${id}`, spellings: new Set([id, ...namesOf(match)]) })),
);

test("every provider of the catalogue is known", () => {
  expect([...PROVIDERS].sort()).toEqual(CATALOGUE.map(({ id }) => id).sort());
});

test("every model resolves to itself in every spelling with its provider", () => {
  let resolved = 0;
  const others = MODELS.flatMap(({ provider, name, spellings }) =>
    [...spellings].flatMap((each) => {
      const answers = [
        resolveModel(each, provider),
        resolveModel(each.toUpperCase(), provider),
        resolveModel(` ${each} `, provider),
        resolveModel(`${provider}/${each}`),
        resolveModel(`${provider}:${each}`),
        resolveModel(`${provider}/${each}`, provider),
      ];
      resolved += answers.filter((answer) => answer?.name === name).length;
      return answers.flatMap((answer) => (answer?.name === name ? [] : [`${each} at ${provider}: ${answer?.name}`]));
    }),
  );
  expect(others).toEqual([]);
  expect({ models: MODELS.length, resolved }).toEqual({ models: 1694, resolved: 15_144 });
});

test("a model resolves without its provider to that of the first maker that has the name", () => {
  const makers = MODELS.filter(({ provider }) => NAMED_ALONE.some((each) => each === provider));
  const answers = makers.flatMap(({ provider, name, spellings }) =>
    [...spellings].map((each) => ({ each, name, found: resolveModel(each), own: resolveModel(each, provider) })),
  );
  expect(answers.filter(({ found }) => !found)).toEqual([]);
  // The others are open models, and Claude, at AWS, Google, Cursor and Fireworks: their makers' price is meant.
  const isItself = answers.filter(({ found, own }) => found === own || found?.name === own?.name).length;
  expect({ spellings: answers.length, isItself }).toEqual({ spellings: 791, isItself: 759 });
});

test("no name with another ending resolves", () => {
  const found = MODELS.flatMap(({ provider, spellings }) =>
    [...spellings].flatMap((each) =>
      [`${each}-clone`, `my-${each}`, `${each}zz`, `${each}-99`, `${each}.99`]
        .filter((other) => !MODELS.some((model) => model.provider === provider && model.spellings.has(other)))
        .filter((other) => resolveModel(other, provider)),
    ),
  );
  expect(found).toEqual([]);
});
