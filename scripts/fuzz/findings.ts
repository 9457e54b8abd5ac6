/** Collects what is wrong, with the first few requests that show it. */
import type { FuzzAnswer, FuzzRequest } from "./exchange.ts";

export const KINDS = ["server error", "malformed answer", "cross-tenant answer"] as const;
export type Kind = (typeof KINDS)[number];

const EXAMPLES_OF_EACH = 3;
const MAX_PRINTED = 400;

interface Finding {
  readonly kind: Kind;
  readonly what: string;
  count: number;
  readonly examples: string[];
}

export class Findings {
  readonly #found = new Map<string, Finding>();
  readonly #counts = new Map<Kind, number>(KINDS.map((kind) => [kind, 0]));

  /** @param whats what is wrong with one answer; they count as one finding */
  add(kind: Kind, whats: readonly string[], index: number, request: FuzzRequest, answer?: FuzzAnswer): void {
    if (whats.length === 0) return;
    this.#counts.set(kind, this.count(kind) + 1);
    for (const what of new Set(whats)) {
      const finding = this.#found.get(kind + what) ?? { kind, what, count: 0, examples: [] };
      this.#found.set(kind + what, finding);
      finding.count += 1;
      if (finding.examples.length < EXAMPLES_OF_EACH) finding.examples.push(example(index, request, answer));
    }
  }

  count(kind: Kind): number {
    return this.#counts.get(kind) ?? 0;
  }

  get total(): number {
    return KINDS.reduce((sum, kind) => sum + this.count(kind), 0);
  }

  /** Prints the findings, the most frequent first. */
  report(): string[] {
    const found = [...this.#found.values()].toSorted((a, b) => b.count - a.count);
    return found.flatMap(({ kind, what, count, examples }) => [`${kind}, ${count} times: ${what}`, ...examples]);
  }
}

function example(index: number, { method, path, headers, body, caller }: FuzzRequest, answer?: FuzzAnswer): string {
  const sent = [
    `  request ${index}, by ${caller.name}: ${method} ${short(path)}`,
    Object.keys(headers).length > 0 ? short(JSON.stringify(headers)) : "",
    body === undefined ? "" : printBody(body),
  ];
  const got = answer
    ? `    → ${answer.status} ${answer.headers["content-type"] ?? ""} ${short(answer.text)}`
    : "    → no answer";
  return `${sent.filter(Boolean).join("\n    ")}\n${got}`;
}

function printBody(body: string | Uint8Array): string {
  if (typeof body === "string") return short(JSON.stringify(body));
  return `base64 ${short(Buffer.from(body).toString("base64"))}`;
}

function short(text: string): string {
  return text.length > MAX_PRINTED ? `${text.slice(0, MAX_PRINTED)}… (${text.length} characters)` : text;
}
