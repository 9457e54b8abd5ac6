/** The names by which each model is recognized. */
import { expect, test } from "vitest";
import { resolveModel } from "../../src/pricing/index.ts";
import NAMES from "../fixtures/model-names.json";

test.each(Object.entries(NAMES))("%j is %j", (spelling, name) => {
  expect(resolveModel(spelling)?.name ?? null).toBe(name);
});

test.each([
  ["a name in any case, at any provider", "Llama-3.3-70B-Versatile", "groq", "groq/llama-3.3-70b-versatile"],
  ["a provider by another tool's name", "gpt-4o", "azure.ai.openai", "azure/gpt-4o"],
  ["a provider in both places", "openrouter/openai/gpt-4o", "openrouter", "openrouter/openai/gpt-4o"],
  ["a reseller's name for the maker", "openai/gpt-4o", "azure", "azure/gpt-4o"],
  ["a router instead of a provider", "azure/gpt-4o", "litellm", "azure/gpt-4o"],
  ["a snapshot with a price of its own", "gpt-4o-20240513", undefined, "openai/gpt-4o-2024-05-13"],
  ["the latest version", "claude-3-5-sonnet-latest", undefined, "anthropic/claude-3-5-sonnet"],
  ["the default version", "claude-opus-4-6@default", "vertex_ai", "google/claude-opus-4-6"],
  ["a month and day", "deepseek-v4-pro-0813", undefined, "deepseek/deepseek-v4-pro"],
  ["a year and month", "magistral-medium-2509", undefined, "mistral/magistral-medium"],
  ["a stable version", "gemini-2.0-flash-001", undefined, "google/gemini-2.0-flash"],
  ["a preview", "gemini-2.5-pro-preview-06-05", undefined, "google/gemini-2.5-pro"],
  ["Claude on Vertex AI", "vertex_ai/claude-sonnet-4-5@20250929", undefined, "google/claude-sonnet-4-5"],
  [
    "a publisher's model of a project",
    "projects/acme/locations/us-east5/publishers/anthropic/models/claude-opus-4-6",
    undefined,
    "google/claude-opus-4-6",
  ],
  [
    "a foundation model by its ARN",
    "arn:aws:bedrock:eu-west-1::foundation-model/anthropic.claude-3-haiku-20240307-v1:0",
    undefined,
    "aws/regional.anthropic.claude-3-haiku-20240307-v1:0",
  ],
  [
    "Bedrock's global routing",
    "global.anthropic.claude-sonnet-4-5-20250929-v1:0",
    undefined,
    "aws/global.anthropic.claude-sonnet-4-5-20250929-v1:0",
  ],
  ["a model with one price in all regions", "apac.amazon.nova-lite-v1:0", undefined, "aws/amazon.nova-lite-v1:0"],
  [
    "LiteLLM's Bedrock route",
    "bedrock/converse/us.anthropic.claude-opus-4-6-v1",
    undefined,
    "aws/regional.anthropic.claude-opus-4-6-v1:0",
  ],
  ["Claude Code's long context", "claude-sonnet-4-5[1m]", undefined, "anthropic/claude-sonnet-4-5"],
  ["a fine-tuned model without a date", "ft:gpt-3.5-turbo:acme::abc", "openai", "openai/ft:gpt-3.5-turbo-"],
  ["a fine-tuned model after a provider", "openai/ft:gpt-4o-2024-08-06:acme::abc", undefined, "openai/ft:gpt-4o"],
  ["OpenRouter's throughput", "openai/gpt-4o:nitro", undefined, "openrouter/openai/gpt-4o"],
  ["OpenRouter's web search", "openrouter/openai/gpt-4o:online", undefined, "openrouter/openai/gpt-4o"],
  ["OpenRouter's free variant", "deepseek/deepseek-r1:free", undefined, "openrouter/deepseek/deepseek-r1:free"],
])("%s: %s at %s", (_, spelling, provider, name) => {
  expect(resolveModel(spelling, provider)?.name).toBe(name);
});

test.each([
  ["a snapshot that the catalogue does not list", "gpt-4o-2099-01-01", undefined],
  ["no date", "claude-sonnet-4-5-20251301", undefined],
  ["a later version on Bedrock", "amazon.titan-embed-text-v3:0", undefined],
  ["a fine-tuned model without a price of its own", "ft:gpt-4.1-2025-04-14:acme::abc", undefined],
  ["a free variant that the catalogue does not list", "openai/gpt-4o:free", undefined],
  ["two providers", "openai/gpt-4o", "anthropic"],
  ["an unknown provider", "gpt-4o", "no-such-provider"],
  ["an unknown prefix", "acme/gpt-4o", undefined],
  ["an open model without its host", "llama-3.3-70b-versatile", undefined],
  ["a name of any length", `gpt-4o${" ".repeat(1000)}`, undefined],
  ["more forms than a name has", `${"us.".repeat(40)}amazon.nova-lite${"-v1".repeat(40)}`, undefined],
  ["a property of every object", "constructor", "__proto__"],
])("%s is unknown: %s at %s", (_, spelling, provider) => {
  expect(resolveModel(spelling, provider)).toBeUndefined();
});
