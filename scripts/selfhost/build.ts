/** `npm run build`: builds the bundle into `dist/`. */
import { fileURLToPath } from "node:url";
import { readArguments } from "../arguments.ts";
import { buildBundle } from "./build-bundle.ts";

readArguments({
  usage: "npm run build",
  does: "Builds the bundle into dist/, as a deploy would send it, with a configuration to serve it by workerd alone.",
  options: {},
});
console.log(await buildBundle(fileURLToPath(new URL("../../dist", import.meta.url))));
