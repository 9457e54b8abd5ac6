/** The page of the API reference: Swagger UI, served by this service alone. */
import { SWAGGER_UI } from "./swagger-ui.ts";

const { script, style } = SWAGGER_UI;
const START = "start.js";
const START_SCRIPT = `SwaggerUIBundle({
  url: "/openapi.json",
  domNode: document.querySelector("#reference"),
  deepLinking: true,
});
`;

export const docsPage = {
  /** Forbids inline scripts and styles, and any from other hosts. */
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
 * A file that the page loads; undefined if there is no file of that name.
 *
 * @param env has no static assets if the service is self-hosted without them
 */
export async function docsFile(
  { ASSETS }: Partial<Pick<Cloudflare.Env, "ASSETS">>,
  name: string,
): Promise<Response | undefined> {
  if (name === START) return new Response(START_SCRIPT, { headers: { "content-type": script.type } });
  const file = [script, style].find((each) => each.name === name);
  if (!file || !ASSETS) return undefined;
  // The binding ignores the host.
  const stored = await ASSETS.fetch(`https://assets.invalid${file.path}`);
  if (!stored.ok) return undefined;
  return new Response(stored.body, {
    headers: { "content-type": file.type, "cache-control": "public, max-age=31536000, immutable" },
  });
}
