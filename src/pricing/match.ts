/** The catalogue's own rules for names. */
import type { MatchLogic } from "@pydantic/genai-prices";

/** True if the rule accepts the name, which is in lower case. */
export function accepts(rule: MatchLogic, name: string): boolean {
  if ("or" in rule) return rule.or.some((each) => accepts(each, name));
  if ("and" in rule) return rule.and.every((each) => accepts(each, name));
  if ("equals" in rule) return name === rule.equals.toLowerCase();
  if ("starts_with" in rule) return name.startsWith(rule.starts_with.toLowerCase());
  if ("ends_with" in rule) return name.endsWith(rule.ends_with.toLowerCase());
  if ("contains" in rule) return name.includes(rule.contains.toLowerCase());
  return new RegExp(rule.regex).test(name);
}

/** Lists the names that a rule spells out: those that it equals, and those that it only begins with or contains. */
export function namesIn(rule: MatchLogic): { readonly whole: string[]; readonly partial: string[] } {
  if ("or" in rule || "and" in rule) {
    const each = ("or" in rule ? rule.or : rule.and).map(namesIn);
    return { whole: each.flatMap(({ whole }) => whole), partial: each.flatMap(({ partial }) => partial) };
  }
  if ("equals" in rule) return { whole: [rule.equals.toLowerCase()], partial: [] };
  if ("regex" in rule) return { whole: [], partial: [] };
  const part = "starts_with" in rule ? rule.starts_with : "ends_with" in rule ? rule.ends_with : rule.contains;
  return { whole: [], partial: ENDS_AS_A_NAME.test(part) ? [part.toLowerCase()] : [] };
}

const ENDS_AS_A_NAME = /[A-Za-z0-9]$/;
