/** `npm run build`: the bundle, in `dist/`. */
import { fileURLToPath } from "node:url";
import { buildBundle } from "./build-bundle.ts";

console.log(await buildBundle(fileURLToPath(new URL("../../dist", import.meta.url))));
