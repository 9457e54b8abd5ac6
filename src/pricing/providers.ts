/** The providers of the catalogue, and what other tools call them. */

/**
 * Providers whose model names need no provider: theirs are the list prices of a name. The first that knows a name takes
 * precedence. The same open model costs something else at each host, so every other provider has to be named.
 */
export const NAMED_ALONE = [
  "openai",
  "anthropic",
  "google",
  "deepseek",
  "mistral",
  "cohere",
  "x-ai",
  "moonshotai",
  "minimax",
  "zhipuai",
  "voyageai",
  "perplexity",
  "cursor",
  "typesafe",
  // Their names say where they run: "us.amazon.nova-pro-v1:0", "@cf/…", "accounts/fireworks/…".
  "aws",
  "cloudflare",
  "fireworks",
] as const;

/** Every other provider of the catalogue. */
export const NAMED_WITH_PROVIDER = [
  "arcee",
  "avian",
  "azure",
  "baseten",
  "cerebras",
  "doubleword",
  "github-copilot",
  "groq",
  "huggingface_cerebras",
  "huggingface_fireworks-ai",
  "huggingface_groq",
  "huggingface_hyperbolic",
  "huggingface_nebius",
  "huggingface_novita",
  "huggingface_nscale",
  "huggingface_ovhcloud",
  "huggingface_publicai",
  "huggingface_sambanova",
  "huggingface_together",
  "modal",
  "novita",
  "openrouter",
  "ovhcloud",
  "quicksilverpro",
  "together",
  "zai",
] as const;

export type ProviderId = (typeof NAMED_ALONE)[number] | (typeof NAMED_WITH_PROVIDER)[number];

export const PROVIDERS: readonly ProviderId[] = [...NAMED_ALONE, ...NAMED_WITH_PROVIDER];

interface Vocabulary {
  readonly tool: string;
  readonly source: string;
  readonly names: { readonly [P in ProviderId]?: readonly string[] };
}

const VOCABULARIES: readonly Vocabulary[] = [
  {
    tool: "LiteLLM, the prefixes of its model names",
    source: "https://docs.litellm.ai/docs/providers",
    names: {
      aws: ["bedrock", "bedrock_converse"],
      azure: ["azure_ai", "azure_text"],
      cloudflare: ["cloudflare"],
      cohere: ["cohere_chat"],
      fireworks: ["fireworks_ai"],
      "github-copilot": ["github_copilot"],
      google: ["gemini", "vertex_ai", "vertex_ai_beta"],
      minimax: ["minimax"],
      mistral: ["codestral"],
      moonshotai: ["moonshot"],
      openai: ["text-completion-openai"],
      together: ["together_ai"],
      voyageai: ["voyage"],
      "x-ai": ["xai"],
    },
  },
  {
    tool: "Pydantic AI, the providers of its model names",
    source: "https://ai.pydantic.dev/models/overview/",
    names: {
      google: ["google-gla", "google-vertex"],
      openai: ["openai-chat", "openai-responses"],
      "x-ai": ["grok"],
    },
  },
  {
    tool: "LangChain, the values of model_provider",
    source: "https://reference.langchain.com/python/langchain/models/",
    names: {
      azure: ["azure_openai"],
      google: ["google_genai", "google_vertexai", "google_anthropic_vertex"],
      mistral: ["mistralai"],
    },
  },
  {
    tool: "OpenTelemetry, the values of gen_ai.provider.name and gen_ai.system",
    source: "https://opentelemetry.io/docs/specs/semconv/registry/attributes/gen-ai/",
    names: {
      aws: ["aws.bedrock", "aws_bedrock"],
      azure: ["azure.ai.openai", "azure.ai.inference", "az.ai.openai", "az.ai.inference"],
      google: ["gcp.gemini", "gcp.vertex_ai", "gcp.gen_ai"],
      mistral: ["mistral_ai"],
      "x-ai": ["x_ai"],
    },
  },
  {
    tool: "Vercel AI SDK, the names of its providers",
    source: "https://ai-sdk.dev/providers/ai-sdk-providers",
    names: {
      aws: ["amazon-bedrock"],
      azure: ["azure-openai"],
      google: ["google.generative-ai", "google.vertex", "vertex"],
      together: ["togetherai"],
    },
  },
  {
    tool: "OpenRouter, the makers in its model names",
    source: "https://openrouter.ai/docs/api/api-reference/models/get-models",
    names: { arcee: ["arcee-ai"], mistral: ["mistralai"] },
  },
  {
    tool: "Google, its former and its full name for the platform",
    source: "https://cloud.google.com/vertex-ai/generative-ai/docs/models",
    names: { google: ["vertexai", "vertex-ai"] },
  },
];

/** Names a router that serves every provider: the model's name has to say which. */
const ROUTERS: ReadonlySet<string> = new Set(["litellm", "litellm_proxy"]);

const ID_OF_NAME = new Map<string, ProviderId>([
  ...VOCABULARIES.flatMap(({ names }) =>
    Object.entries(names).flatMap(([id, aliases]) => aliases.map((alias) => [alias, id as ProviderId] as const)),
  ),
  ...PROVIDERS.map((id) => [id, id] as const),
]);

/** Returns the catalogue's id of a provider, or undefined if none has that name. */
export function providerIdOf(name: string): ProviderId | undefined {
  return ID_OF_NAME.get(name.trim().toLowerCase());
}

export function isRouter(name: string): boolean {
  return ROUTERS.has(name.trim().toLowerCase());
}
