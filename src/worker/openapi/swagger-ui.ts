import swaggerUi from "swagger-ui-dist/package.json" with { type: "json" };

interface SwaggerUiFile {
  /** The name it is served under. It has the version, so that a name always means the same contents. */
  readonly name: string;
  /** Its path in the package, which is the directory of static assets. */
  readonly path: string;
  readonly type: string;
}

/** The files of Swagger UI that the service serves; its package has others, such as source maps. */
export const SWAGGER_UI = {
  script: {
    name: `swagger-ui-${swaggerUi.version}.js`,
    path: "/swagger-ui-bundle.js",
    type: "text/javascript; charset=utf-8",
  },
  style: {
    name: `swagger-ui-${swaggerUi.version}.css`,
    path: "/swagger-ui.css",
    type: "text/css; charset=utf-8",
  },
} as const satisfies Record<string, SwaggerUiFile>;
