/** The files of Swagger UI that the service serves. Its package has others, such as source maps. */
import swaggerUi from "swagger-ui-dist/package.json" with { type: "json" };

interface SwaggerUiFile {
  /** The served name. It includes the version, so that responses can be cached forever. */
  readonly name: string;
  /** The path in the package, whose directory is served as static assets. */
  readonly path: string;
  readonly type: string;
}

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
