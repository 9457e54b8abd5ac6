import { expectTypeOf, test } from "vitest";
import type { z } from "zod";
import type * as schemas from "../../src/wire/answer-schemas.ts";
import type {
  AuditAnswer,
  ConfigVersion,
  DecisionAnswer,
  ErasedAnswer,
  LedgerEntry,
  Page,
  ReservationAnswer,
  ReservationDecision,
  RevokedToken,
  UsageAnswer,
  Written,
} from "../../src/wire/index.ts";

/** What a type says, whatever of it may be written to, and whether what may be absent may also be undefined. */
type Plain<T> = T extends readonly (infer E)[]
  ? Plain<E>[]
  : T extends object
    ? { -readonly [K in keyof T]: Plain<Exclude<T[K], undefined>> }
    : T;

test("the answers' schemas match their types", () => {
  expectTypeOf<Plain<z.infer<typeof schemas.DecisionAnswerSchema>>>().toEqualTypeOf<Plain<DecisionAnswer>>();
  expectTypeOf<Plain<z.infer<typeof schemas.UsageAnswerSchema>>>().toEqualTypeOf<Plain<Written<UsageAnswer>>>();
  expectTypeOf<Plain<z.infer<typeof schemas.ConsumeAnswerSchema>>>().toEqualTypeOf<Plain<Written<DecisionAnswer>>>();
  expectTypeOf<Plain<z.infer<typeof schemas.ReservationSchema>>>().toEqualTypeOf<Plain<ReservationAnswer>>();
  expectTypeOf<Plain<z.infer<typeof schemas.ReservationDecisionSchema>>>().toEqualTypeOf<
    Plain<Written<ReservationDecision>>
  >();
  expectTypeOf<Plain<z.infer<typeof schemas.AuditSchema>>>().toEqualTypeOf<Plain<AuditAnswer>>();
  expectTypeOf<Plain<z.infer<typeof schemas.ErasedSchema>>>().toEqualTypeOf<Plain<ErasedAnswer>>();
  expectTypeOf<Plain<z.infer<typeof schemas.RevokedTokenSchema>>>().toEqualTypeOf<Plain<RevokedToken>>();
  expectTypeOf<Plain<z.infer<typeof schemas.ConfigVersionSchema>>>().toEqualTypeOf<Plain<ConfigVersion>>();
  expectTypeOf<Plain<z.infer<typeof schemas.LedgerEntrySchema>>>().toEqualTypeOf<Plain<LedgerEntry>>();
  expectTypeOf<Plain<z.infer<typeof schemas.LedgerPage>>>().toEqualTypeOf<Plain<Page<LedgerEntry>>>();
  expectTypeOf<Plain<z.infer<typeof schemas.ConfigHistoryPage>>>().toEqualTypeOf<Plain<Page<ConfigVersion>>>();
});
