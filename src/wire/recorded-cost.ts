/** What a response says about the cost of the call that it recorded, and prices as responses show them. */
import { z } from "zod";

const Rate = z.union([
  z.number(),
  z.object({
    base: z.number().describe("The rate of short inputs."),
    tiers: z
      .array(
        z.object({
          start: z.number().describe("The number of input tokens from which this rate applies."),
          price: z.number().describe("The rate."),
        }),
      )
      .describe("The rates of longer inputs."),
  }),
]);

export const PriceResponse = z.object({
  source: z.string().describe("Where the price comes from: `config`, or `provider/model` of the catalogue."),
  rates: z.record(z.string(), Rate).describe("USD per million tokens, under the source's own names."),
});

/** The fields about the cost of the call that was recorded. */
export const recordedCost = {
  cost_usd: z.number().min(0).optional().describe("The cost that was counted for the call. Absent: it is unknown."),
  price: PriceResponse.optional().describe("The price, if the call was priced by its model."),
  unpriced: z
    .literal(true)
    .optional()
    .describe("Only if true: the cost is unknown, because the model has no known price."),
};
