import type { Dice } from "../crash/dice.ts";

/** One of a list by chance. @throws RangeError where there is none */
export function pick<const T>(dice: Dice, items: readonly T[]): T {
  if (items.length === 0) throw new RangeError("there is nothing to pick from");
  return items[dice.int(0, items.length - 1)] as T;
}
