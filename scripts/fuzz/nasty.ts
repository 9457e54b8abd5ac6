/** Values that careless code mishandles, and mutations that insert them. */
import type { Dice } from "../crash/dice.ts";
import { pick } from "./pick.ts";

/** JSON text that no value prints as, such as 1e400. */
class Raw {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  toJSON(): string {
    return `@raw:${this.text}@`;
  }
}

export const NASTY_STRINGS = [
  "",
  " ",
  "\u0000",
  "a\u0000b",
  "\ud800",
  "x\udfff\ud83d",
  "💸",
  "e\u0301",
  "\ufeff",
  "\u202etxet",
  "a".repeat(256),
  "a".repeat(257),
  "é".repeat(128),
  "é".repeat(129),
  "a".repeat(5000),
  "..",
  "../../usage",
  "a/b?c#d",
  "%2F%00",
  "__proto__",
  "constructor",
  "toString",
  "null",
  "[]",
  '["alice","m"]',
  "[null]",
  "'; DROP TABLE bucket; --",
  "<script>alert(1)</script>",
  "=1+1",
  "x\r\nset-cookie: a=b",
  "user",
  "tenant",
  "user_and_user",
  "1e400",
  "9".repeat(400),
  "2026-02-30T00:00:00Z",
  "2026-11-24T05:00:00",
  "-271821-04-20T00:00:00Z",
  "9999-12-31T23:59:59.999Z",
] as const;

const NASTY_NUMBERS = [
  "-1",
  "-0",
  "0.1",
  "1.5",
  "1e400",
  "-1e400",
  "1e-400",
  "5e-324",
  "1e21",
  "1000000000000",
  "1000000000001",
  "1000000.000000001",
  "9007199254740991",
  "9007199254740993",
  "2147483648",
  "123456789012345678901234567890",
] as const;

const NASTY_NAMES = ["__proto__", "constructor", "prototype", "toString", "", "a.b", "\u0000", "\ud800", "op"] as const;

const DEPTHS = [2, 16, 17, 500, 20_000] as const;

/** A value that a field is unlikely to take. */
function nastyValue(dice: Dice): unknown {
  const kind = dice.int(1, 10);
  if (kind <= 3) return new Raw(pick(dice, NASTY_NUMBERS));
  if (kind <= 6) return pick(dice, NASTY_STRINGS);
  if (kind === 7) return nested(pick(dice, DEPTHS), dice.percent(50));
  if (kind === 8) return Array.from({ length: dice.int(0, 3) }, () => pick(dice, NASTY_STRINGS));
  if (kind === 9) return withName({}, pick(dice, NASTY_NAMES), dice.int(0, 9));
  return pick(dice, [null, true, false]);
}

/** Puts a number of faults into a value, in place if possible. */
export function mutate(dice: Dice, value: unknown, times: number): unknown {
  const root = { value };
  for (let i = 0; i < times; i++) {
    const slots = slotsOf(root);
    const slot = slots[dice.int(0, slots.length - 1)];
    if (slot) mutateSlot(dice, slot);
  }
  return root.value;
}

type Slot = { readonly owner: Record<string, unknown>; readonly key: string };

function mutateSlot(dice: Dice, { owner, key }: Slot): void {
  const value = owner[key];
  const action = dice.int(1, 10);
  if (action <= 5 || typeof value !== "object" || value === null || value instanceof Raw) {
    if (action === 1 && !Array.isArray(owner)) delete owner[key];
    else if (action === 2) owner[key] = [value];
    else if (action === 3) owner[key] = { value };
    else if (action === 4 && typeof value === "number") owner[key] = `${value}`;
    else owner[key] = nastyValue(dice);
  } else if (Array.isArray(value)) {
    if (action <= 8) value.push(nastyValue(dice));
    else value.push(...Array.from({ length: pick(dice, [9, 1001]) }, () => value[0] ?? null));
  } else {
    const name = action <= 8 ? pick(dice, NASTY_NAMES) : pick(dice, NASTY_STRINGS);
    withName(value, name, dice.percent(50) ? nastyValue(dice) : "x");
  }
}

/** Every place in a value, including its root. */
function slotsOf(root: Record<string, unknown>): Slot[] {
  const slots: Slot[] = [];
  const visit = (owner: Record<string, unknown>) => {
    for (const [key, value] of Object.entries(owner)) {
      slots.push({ owner, key });
      if (typeof value === "object" && value !== null && !(value instanceof Raw)) {
        visit(value as Record<string, unknown>);
      }
    }
  };
  visit(root);
  return slots;
}

/** Sets a field as JSON would, `__proto__` too. */
function withName(object: object, name: string, value: unknown): object {
  return Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true });
}

function nested(depth: number, isList: boolean): Raw {
  return new Raw(isList ? "[".repeat(depth) + "]".repeat(depth) : `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`);
}

/** Prints JSON; raw text stays as it is. */
export function printJson(value: unknown): string {
  const text = JSON.stringify(value) ?? "";
  return text.replaceAll(/"@raw:((?:[^"\\]|\\.)*)@"/g, (_, raw: string) => JSON.parse(`"${raw}"`));
}
