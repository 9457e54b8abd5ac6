/** The known name that is closest to an unknown one, for the text of an error. */
import { BoundedMap } from "./bounded-map.ts";
import { priceListOf } from "./catalogue.ts";
import { NAMED_ALONE, NAMED_WITH_PROVIDER, type ProviderId } from "./providers.ts";
import { normalized, readingsOf, resolveModel } from "./resolve-model.ts";

/** Longer names are never as close as an error should suggest. */
const MAX_LENGTH = 128;
const MAX_EDITS = 3;
/** A short name with this share of it changed is another name. */
const LENGTH_PER_EDIT = 3;
const MAX_CACHED = 1024;
const closest = new BoundedMap<string, string | undefined>(MAX_CACHED);

/**
 * Returns a known spelling, or undefined if none is close. It is a spelling to suggest, not one to price by.
 *
 * @example closestModel("claude-opus-4-10") // "claude-opus-4-1"
 */
export function closestModel(spelling: string): string | undefined {
  if (spelling.length > MAX_LENGTH) return undefined;
  const name = normalized(spelling);
  return closest.getOrCompute(name, () => closestInCatalogue(name));
}

function closestInCatalogue(name: string): string | undefined {
  const [reading] = readingsOf(name);
  if (reading) {
    const near = nearest(reading.rest, namesOf(reading.provider));
    return near && `${reading.provider}/${near}`;
  }
  const host = NAMED_WITH_PROVIDER.find((provider) => resolveModel(name, provider));
  return host ? `${host}/${name}` : nearest(name, NAMED_ALONE.flatMap(namesOf));
}

function namesOf(provider: ProviderId): readonly string[] {
  const { names, resells } = priceListOf(provider);
  return [...names.keys(), ...resells.flatMap((each) => [...priceListOf(each).names.keys()])];
}

/** Returns the known name with the fewest edits, and of those the one that is the same for longest. */
function nearest(name: string, known: Iterable<string>): string | undefined {
  let best: string | undefined;
  let fewest = Math.min(MAX_EDITS, Math.floor(name.length / LENGTH_PER_EDIT));
  let longest = -1;
  for (const each of known) {
    const edits = editsBetween(name, normalized(each), fewest);
    if (edits > fewest) continue;
    const same = lengthInCommon(name, normalized(each));
    if (edits === fewest && same <= longest) continue;
    [best, fewest, longest] = [each, edits, same];
  }
  return best;
}

function lengthInCommon(a: string, b: string): number {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length++;
  return length;
}

// Reused, as every known name is compared.
let previous = new Uint8Array(MAX_LENGTH + MAX_EDITS + 1);
let current = new Uint8Array(MAX_LENGTH + MAX_EDITS + 1);

/** Levenshtein's distance, or some number above `allowed` if it is more than that. Compares only what can be within. */
function editsBetween(a: string, b: string, allowed: number): number {
  const tooMany = allowed + 1;
  if (Math.abs(a.length - b.length) > allowed) return tooMany;
  for (let j = 0; j <= b.length; j++) previous[j] = Math.min(j, tooMany);
  for (let i = 1; i <= a.length; i++) {
    const from = Math.max(1, i - allowed);
    const to = Math.min(b.length, i + allowed);
    current[from - 1] = from === 1 ? Math.min(i, tooMany) : tooMany;
    let fewest = current[from - 1] as number;
    for (let j = from; j <= to; j++) {
      const replaced = (previous[j - 1] as number) + (a.charCodeAt(i - 1) === b.charCodeAt(j - 1) ? 0 : 1);
      const removed = j === i + allowed ? tooMany : (previous[j] as number) + 1;
      const edits = Math.min(replaced, removed, (current[j - 1] as number) + 1, tooMany);
      current[j] = edits;
      if (edits < fewest) fewest = edits;
    }
    if (fewest > allowed) return tooMany;
    [previous, current] = [current, previous];
  }
  return previous[b.length] as number;
}
