/** The parts of curl that the pages' commands use, for machines without it. */
import { text } from "node:stream/consumers";
import { parseArgs } from "node:util";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    request: { type: "string", short: "X" },
    header: { type: "string", short: "H", multiple: true, default: [] },
    data: { type: "string", short: "d" },
    "data-binary": { type: "string" },
    include: { type: "boolean", short: "i" },
    silent: { type: "boolean", short: "s" },
  },
});
const [url] = positionals;
if (url === undefined || positionals.length > 1) throw new Error(`curl takes one URL, not ${positionals.length}`);
const { request, header, "data-binary": bytes } = values;
const data = values.data ?? (bytes === "@-" ? await text(process.stdin) : bytes);
const headers = new Headers(header.map((line): [string, string] => [line.split(":", 1)[0] ?? "", headerValue(line)]));
if (data !== undefined && !headers.has("content-type")) {
  headers.set("content-type", "application/x-www-form-urlencoded");
}
const response = await fetch(url, {
  method: request ?? (data === undefined ? "GET" : "POST"),
  headers,
  ...(data !== undefined && { body: data }),
});
if (values.include) {
  console.log(`HTTP/1.1 ${response.status} ${response.statusText}`);
  for (const [name, value] of response.headers) console.log(`${name}: ${value}`);
  console.log();
}
process.stdout.write(await response.text());

function headerValue(line: string): string {
  return line.slice(line.indexOf(":") + 1).trim();
}
