import { SWAGGER_UI } from "./swagger-ui.ts";

const { script, style } = SWAGGER_UI;
const START = "start.js";
const START_SCRIPT = `SwaggerUIBundle({
  url: "/openapi.json",
  domNode: document.querySelector("#reference"),
  deepLinking: true,
});
`;

/** The reference page: Swagger UI, served by this service alone. */
export const docsPage = {
  /** Allows no script, style or call of another host, and nothing inline. */
  policy:
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  html: `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>edge-budget: reference</title>
    <link rel="icon" href="data:," />
    <link rel="stylesheet" href="/docs/${style.name}" />
  </head>
  <body>
    <div id="reference">This page needs JavaScript; <a href="/openapi.json">the OpenAPI document</a> does not.</div>
    <script src="/docs/${script.name}"></script>
    <script src="/docs/${START}"></script>
  </body>
</html>
`,
};

/**
 * Returns a file that the page loads, or undefined if there is none of that name.
 *
 * @param env may have no static assets if the service does not run on Cloudflare
 */
export async function docsFile(
  { ASSETS }: Partial<Pick<Cloudflare.Env, "ASSETS">>,
  name: string,
): Promise<Response | undefined> {
  if (name === START) return new Response(START_SCRIPT, { headers: { "content-type": script.type } });
  const file = [script, style].find((each) => each.name === name);
  if (!file || !ASSETS) return undefined;
  // The binding reads the path alone.
  const stored = await ASSETS.fetch(`https://assets.invalid${file.path}`);
  if (!stored.ok) return undefined;
  return new Response(stored.body, {
    headers: { "content-type": file.type, "cache-control": "public, max-age=31536000, immutable" },
  });
}
