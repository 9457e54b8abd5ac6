/**
 * The reference page. Scalar's script comes from a CDN, in one exact version whose hash the browser checks, and the
 * page's policy lets it call nothing but this service. A newer version needs a newer hash:
 * `npm pack @scalar/api-reference`, then SHA-384 of `dist/browser/standalone.js`.
 */
const PACKAGE = "https://cdn.jsdelivr.net/npm/@scalar/api-reference@1.72.1/";
const INTEGRITY = "sha384-U11tb2XnKvmwt8RlTvnwUnYgrN+ur4Xyh9htLhjajWNR/Oyl5AX5DEz00qRmlrmK";
/** Nothing that would call another service. */
const OPTIONS = JSON.stringify({
  withDefaultFonts: false,
  telemetry: false,
  showDeveloperTools: "never",
  agent: { disabled: true },
  mcp: { disabled: true },
});

export const docsPage = {
  /** Scalar writes its own styles into the page. */
  policy: `default-src 'none'; script-src ${PACKAGE}; style-src 'unsafe-inline' ${PACKAGE}; img-src data:; font-src data:; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'`,
  html: `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>edge-budget: reference</title>
  </head>
  <body>
    <noscript>This page is drawn by a script; <a href="/openapi.json">the document itself</a> needs none.</noscript>
    <script id="api-reference" data-url="/openapi.json" data-configuration='${OPTIONS}'></script>
    <script src="${PACKAGE}dist/browser/standalone.js" integrity="${INTEGRITY}" crossorigin="anonymous"></script>
  </body>
</html>
`,
};
