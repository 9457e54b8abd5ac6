/** The routes of the service itself: health, documentation and problem pages. */
import { HealthResponse } from "../../wire/index.ts";
import { docsFile, docsPage } from "../openapi/docs-page.ts";
import { openApiDocument } from "../openapi/document.ts";
import { problemPage } from "../problem-pages.ts";
import { onNotFound } from "../problems.ts";
import type { Route } from "../route.ts";

const HTML = "text/html; charset=utf-8";

/** @param allRoutes every route of the service, for the OpenAPI document */
export function metaRoutes(allRoutes: () => readonly Route[]): readonly Route[] {
  let document: string | undefined;
  return [
    {
      method: "get",
      path: "/health",
      scope: null,
      operationId: "getHealth",
      tag: "Service",
      summary: "Get the service's health",
      answer: { description: "The service is up.", schema: HealthResponse, example: { status: "ok" } },
      handle: (c) => c.json({ status: "ok" }),
    },
    {
      method: "get",
      path: "/openapi.json",
      scope: null,
      operationId: "getOpenApi",
      tag: "Service",
      summary: "Get the OpenAPI document",
      answer: { description: "This OpenAPI 3.1 document.", types: ["application/json"] },
      handle: (c) => {
        document ??= JSON.stringify(openApiDocument(allRoutes()));
        return c.body(document, 200, { "content-type": "application/json" });
      },
    },
    {
      method: "get",
      path: "/docs",
      scope: null,
      operationId: "getDocs",
      tag: "Service",
      summary: "Get the API reference",
      answer: { description: "The API reference as a page.", types: ["text/html"] },
      handle: (c) => c.body(docsPage.html, 200, { "content-type": HTML, "content-security-policy": docsPage.policy }),
    },
    {
      method: "get",
      path: "/docs/{file}",
      scope: null,
      operationId: "getDocsFile",
      tag: "Service",
      summary: "Get a file of the API reference",
      answer: { description: "A script or a style sheet.", types: ["text/javascript", "text/css"] },
      problems: ["not_found"],
      handle: async (c) => (await docsFile(c.env, c.req.param("file") ?? "")) ?? onNotFound(c),
    },
    {
      method: "get",
      path: "/problems/{code}",
      scope: null,
      operationId: "getProblem",
      tag: "Service",
      summary: "Get the page of a problem",
      answer: { description: "What the problem means, and what to do.", types: ["text/html"] },
      problems: ["not_found"],
      handle: (c) => {
        const page = problemPage(c.req.param("code") ?? "");
        return page === undefined ? onNotFound(c) : c.body(page, 200, { "content-type": HTML });
      },
    },
  ];
}
