/** A random choice from a list. */
import type { Dice } from "../crash/dice.ts";

/** @throws RangeError if the list is empty */
export function pick<const T>(dice: Dice, items: readonly T[]): T {
  if (items.length === 0) throw new RangeError("the list to pick from is empty");
  return items[dice.int(0, items.length - 1)] as T;
}
