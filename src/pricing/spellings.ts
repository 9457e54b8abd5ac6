/** How model names are spelled: the forms that a name is recognized in, each with its source. */
import type { ProviderId } from "./providers.ts";

/** A whole name that says which provider the call went to, besides `provider/model` and `provider:model`. */
export interface Route {
  readonly is: string;
  readonly source: string;
  /** Its first group is the model's name at the provider. */
  readonly pattern: RegExp;
  readonly provider: ProviderId;
}

export const ROUTES: readonly Route[] = [
  {
    is: "ARN of a foundation model or of a cross-region inference profile; an application's own profile is neither",
    source: "https://docs.aws.amazon.com/bedrock/latest/userguide/inference-profiles-support.html",
    pattern: /^arn:aws[a-z-]*:bedrock:[a-z0-9-]*:[0-9]*:(?:foundation-model|inference-profile)\/(.+)$/,
    provider: "aws",
  },
  {
    is: "LiteLLM's Bedrock route, with an API or a region",
    source: "https://docs.litellm.ai/docs/providers/bedrock",
    pattern: /^bedrock\/(?:converse|invoke|[a-z]{2}(?:-gov)?-[a-z]+-[0-9])\/(.+)$/,
    provider: "aws",
  },
  {
    is: "resource name of a publisher's model on Vertex AI",
    source: "https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference",
    pattern: /^(?:projects\/[^/]+\/locations\/[^/]+\/)?publishers\/[^/]+\/models\/([^/]+)$/,
    provider: "google",
  },
  {
    is: "resource name of a model of the Gemini API",
    source: "https://ai.google.dev/api/models",
    pattern: /^models\/([^/]+)$/,
    provider: "google",
  },
  {
    is: "OpenRouter's variant of a model",
    source: "https://openrouter.ai/docs/guides/routing/model-variants",
    pattern: /^([^:]+\/[^:]+:(?:free|nitro|floor|online))$/,
    provider: "openrouter",
  },
];

/** A part of a name, and what can stand instead of it. */
export interface Form {
  readonly is: string;
  readonly source: string;
  readonly pattern: RegExp;
  readonly instead: string;
  /** Where the form is used; everywhere if absent. */
  readonly providers?: readonly ProviderId[];
}

const MONTH = "(?:0[1-9]|1[0-2])";
const DAY = "(?:0[1-9]|[12][0-9]|3[01])";

/** Other ways to write the same version of the same model. */
export const SAME_FORMS: readonly Form[] = [
  {
    is: "Vertex AI's version after an @",
    source: "https://cloud.google.com/vertex-ai/generative-ai/docs/partner-models/claude/use-claude",
    pattern: /@([0-9]{3}|[0-9]{8}|latest)$/,
    instead: "-$1",
  },
  {
    is: "Vertex AI's default version",
    source: "https://cloud.google.com/vertex-ai/generative-ai/docs/partner-models/claude/use-claude",
    pattern: /@default$/,
    instead: "",
    providers: ["google"],
  },
  {
    is: "date without dashes",
    source: "https://docs.claude.com/en/docs/about-claude/models/overview",
    pattern: new RegExp(`-(20[0-9]{2})(${MONTH})(${DAY})(?=$|[:-])`),
    instead: "-$1-$2-$3",
  },
  {
    is: "date with dashes",
    source: "https://platform.openai.com/docs/models",
    pattern: new RegExp(`-(20[0-9]{2})-(${MONTH})-(${DAY})(?=$|[:-])`),
    instead: "-$1$2$3",
  },
  {
    is: "Claude Code's long context window, which changes no rate that the length of the input does not",
    source: "https://code.claude.com/docs/en/model-config",
    pattern: /\[1m\]$/,
    instead: "",
  },
  {
    is: "fine-tuned model: its organization, its name and its id do not change its price",
    source: "https://platform.openai.com/docs/guides/supervised-fine-tuning",
    pattern: /^(ft:[^:]+):.*$/,
    instead: "$1",
    providers: ["openai"],
  },
  {
    is: "fine-tuned model on Azure",
    source: "https://learn.microsoft.com/en-us/azure/ai-foundry/openai/how-to/fine-tuning",
    pattern: /\.ft-[0-9a-f]+(?:-[a-z0-9_-]+)?$/,
    instead: ".ft-",
    providers: ["openai"],
  },
  {
    is: "OpenRouter's order of hosts, by throughput or by price, and its web search, which is charged apart from tokens",
    source: "https://openrouter.ai/docs/guides/routing/model-variants",
    pattern: /:(?:nitro|floor|online)$/,
    instead: "",
    providers: ["openrouter"],
  },
];

/**
 * Versions and regions, if the catalogue's own rule for the model accepts the name with them. That rule alone is too
 * loose: it takes `gemini-2.5-pro-ultra` for `gemini-2.5-pro`.
 */
export const LOOSE_FORMS: readonly Form[] = [
  {
    is: "date of a snapshot",
    source: "https://platform.openai.com/docs/models",
    pattern: new RegExp(`-20[0-9]{2}-?${MONTH}-?${DAY}$`),
    instead: "",
  },
  {
    is: "month and day of a release, or year and month",
    source: "https://api-docs.deepseek.com/updates",
    pattern: new RegExp(`-(?:${MONTH}${DAY}|2[0-9]${MONTH})$`),
    instead: "",
    providers: ["openai", "deepseek", "mistral"],
  },
  {
    is: "the latest version",
    source: "https://docs.claude.com/en/docs/about-claude/models/overview",
    pattern: /-latest$/,
    instead: "",
  },
  {
    is: "stable version of a Gemini model",
    source: "https://ai.google.dev/gemini-api/docs/models",
    pattern: /-00[0-9]$/,
    instead: "",
    providers: ["google"],
  },
  {
    is: "month and day, or month and year, of a preview of a Gemini model",
    source: "https://ai.google.dev/gemini-api/docs/models",
    pattern: new RegExp(`-${MONTH}-(?:${DAY}|20[0-9]{2})$`),
    instead: "",
    providers: ["google"],
  },
  {
    is: "preview or experiment",
    source: "https://ai.google.dev/gemini-api/docs/models",
    pattern: /-(?:preview|exp)$/,
    instead: "",
    providers: ["google", "openai"],
  },
  {
    is: "first version on Bedrock; a later one is a model of its own",
    source: "https://docs.aws.amazon.com/bedrock/latest/userguide/models-supported.html",
    pattern: /-v1(?::0)?$/,
    instead: "",
    providers: ["aws"],
  },
  {
    is: "Bedrock's region, or group of regions, that a call is routed in",
    source: "https://docs.aws.amazon.com/bedrock/latest/userguide/inference-profiles-support.html",
    pattern: /^(?:us|us-gov|eu|apac|au|jp|ca|sa|global)\.(?=[a-z0-9]+\.)/,
    instead: "",
    providers: ["aws"],
  },
  {
    is: "the catalogue's name for Bedrock's price outside of global routing",
    source: "https://aws.amazon.com/bedrock/pricing/",
    pattern: /^(?:(?:us|us-gov|eu|apac|au|jp|ca|sa)\.)?(?=(?:amazon|anthropic|openai)\.)/,
    instead: "regional.",
    providers: ["aws"],
  },
];

/** The names of a model that its provider documents and the catalogue matches only loosely. */
export const MORE_NAMES: readonly {
  readonly provider: ProviderId;
  readonly model: string;
  readonly names: readonly string[];
  readonly source: string;
}[] = [
  {
    provider: "anthropic",
    model: "claude-2",
    names: ["claude-2.0", "claude-2.1"],
    source: "https://docs.claude.com/en/docs/about-claude/model-deprecations",
  },
  {
    provider: "google",
    model: "claude-3-5-sonnet",
    names: ["claude-3-5-sonnet-v2"],
    source: "https://cloud.google.com/vertex-ai/generative-ai/docs/partner-models/claude/use-claude",
  },
  {
    provider: "google",
    model: "gemini-flash-1.5-8b",
    names: ["gemini-1.5-flash-8b", "gemini-1.5-flash-8b-001", "gemini-1.5-flash-8b-latest"],
    source: "https://ai.google.dev/gemini-api/docs/changelog",
  },
  {
    provider: "openai",
    model: "moderation",
    names: ["omni-moderation", "omni-moderation-latest", "text-moderation", "text-moderation-latest"],
    source: "https://platform.openai.com/docs/guides/moderation",
  },
];
