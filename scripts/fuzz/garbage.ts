/** Bodies that are malformed, mistyped or too long. */
import type { Dice } from "../crash/dice.ts";
import { pick } from "./pick.ts";

const KIB = 1024;
/** Just over the limits of a call's body and of a batch's. */
const OVER_A_CALL = 64 * KIB + 1;
const OVER_A_BATCH = 4 * KIB * KIB + 1;

/** Bodies that no call takes, some of them made from a valid one. */
const GARBAGE: readonly ((dice: Dice, valid: string) => string | Uint8Array)[] = [
  (dice, valid) => valid.slice(0, dice.int(0, valid.length)),
  (_, valid) => `${valid},`,
  (_, valid) => valid + valid,
  (_, valid) => valid.replaceAll('"', "'"),
  (_, valid) => valid.replace("{", '{"a": NaN, '),
  (_, valid) => valid.replace("{", '{"tokens_in": 1, "tokens_in": -1, '),
  (_, valid) => `\ufeff${valid}`,
  (_, valid) => Buffer.from(valid, "utf16le"),
  (_, valid) => Buffer.concat([Buffer.from(valid.slice(0, -1)), Buffer.from([0xff, 0xc0, 0xaf]), Buffer.from("}")]),
  (_, valid) => Buffer.concat([Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0]), Buffer.from(valid)]),
  (_, valid) => `${" ".repeat(OVER_A_CALL)}${valid}`,
  (dice) => Uint8Array.from({ length: dice.int(1, 300) }, () => dice.int(0, 255)),
  (dice) => pick(dice, ["", " ", "null", "true", "0", '""', "[]", "[{}]", "undefined", "\u0000", '"\\ud800"', "1e999"]),
  (dice) => pick(dice, ["[", '{"a":', '[{"a":']).repeat(pick(dice, [100, 5000])),
  (dice) => `{"tokens_in": ${"9".repeat(pick(dice, [400, 60_000]))}}`,
  (dice) => `user_id=alice&tokens_in=${dice.int(0, 9)}`,
  () => '--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--x--\r\n',
];

const LINES: readonly ((dice: Dice, valid: string) => string)[] = [
  (_, valid) => valid,
  (dice, valid) => valid.slice(0, dice.int(0, valid.length)),
  (dice) =>
    pick(dice, ["", " ", "\r", "null", "[]", "{}", "nonsense", '{"op": "__proto__"}', '{"op": "toString"}', "\u0000"]),
  () => "[".repeat(3000),
];

/** An invalid body. @param valid a valid one to start from */
export function garbage(dice: Dice, valid: string): string | Uint8Array {
  return pick(dice, GARBAGE)(dice, valid);
}

/** Lines of operations, some of them invalid; rarely one that is too long. */
export function garbageLines(dice: Dice, operation: () => string): string | Uint8Array {
  const lines = Array.from({ length: dice.int(0, 12) }, () =>
    dice.percent(2) ? " ".repeat(OVER_A_CALL) : pick(dice, LINES)(dice, operation()),
  );
  const text = lines.join(pick(dice, ["\n", "\n", "\r\n", "\n\n"])) + pick(dice, ["", "\n"]);
  return dice.percent(5) ? Buffer.concat([Buffer.from(text), Buffer.from([0xff, 0xfe])]) : text;
}

/** A batch that is too long. */
export function tooLong(valid: string): string {
  return `${" ".repeat(OVER_A_BATCH)}${valid}`;
}
