/** Draws rates, latencies and targets as a chart. */
import { FLOOR, PRODUCT } from "../groups.ts";
import { REACH_CONCURRENCY } from "../plan.ts";
import type { Reach } from "../reaches.ts";
import type { Results } from "./results.ts";
import type { Row } from "./rows.ts";

const WIDTH = 1140;
const LINE = 22;
const LABELS = 370;
const PANEL = 340;
const GAP = 40;
const TOP = 78;
const COLORS: Readonly<Record<string, string>> = { [PRODUCT]: "#d9730d", [FLOOR]: "#8a8f98" };
const PEER_COLOR = "#4c78a8";

/** A logarithmic axis: the position of a value, in pixels from the panel's left, and its powers of ten. */
type Scale = ((value: number) => number) & { readonly decades: readonly number[] };

/** Draws how much each line does a second and how long it takes, at the reaches' concurrency, and the reaches. */
export function drawResults({ at, rows, reaches }: Results): string {
  const lines = rows.filter(({ concurrency }) => concurrency === REACH_CONCURRENCY);
  const bottom = TOP + lines.length * LINE;
  const height = bottom + 60 + reaches.length * LINE + 20;
  const rates = scaleOf(lines.map((row) => row.per_second));
  const times = scaleOf(lines.flatMap((row) => [row.p50_ms, row.p99_ms]));
  const rateX = LABELS;
  const timeX = LABELS + PANEL + GAP;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="12">
<title>What edge-budget and its peers do a second, and how long it takes</title>
<rect width="${WIDTH}" height="${height}" fill="#fff"/>
${text(20, 28, `edge-budget, ${REACH_CONCURRENCY} requests at once, ${at.slice(0, 10)}`, 'font-size="16" font-weight="bold"')}
${text(rateX, 52, "operations per second", 'font-weight="bold"')}
${text(timeX, 52, "milliseconds, p50 to p99 (tick: p95)", 'font-weight="bold"')}
${axis(rates, rateX, bottom)}
${axis(times, timeX, bottom)}
${lines.map((row, i) => drawLine(row, TOP + i * LINE, rates, times, rateX, timeX)).join("\n")}
${text(20, bottom + 44, "reaches", 'font-weight="bold"')}
${reaches.map((reach, i) => drawReach(reach, bottom + 66 + i * LINE)).join("\n")}
</svg>
`;
}

function drawLine(row: Row, y: number, rates: Scale, times: Scale, rateX: number, timeX: number): string {
  const color = COLORS[row.system] ?? PEER_COLOR;
  const middle = y + LINE / 2;
  const [from, tick, to] = [row.p50_ms, row.p95_ms, row.p99_ms].map((ms) => timeX + times(ms)) as [
    number,
    number,
    number,
  ];
  const buckets = row.buckets.toLocaleString("en-US");
  const load = row.tenants === 1 ? `${buckets} bucket${row.buckets === 1 ? "" : "s"}` : `${row.tenants} tenants`;
  return [
    text(LABELS - 10, middle + 4, `${row.system} ${row.case}, ${load}`, 'text-anchor="end"'),
    `<rect x="${rateX}" y="${y + 4}" width="${px(rates(row.per_second))}" height="${LINE - 8}" fill="${color}"/>`,
    text(rateX + rates(row.per_second) + 5, middle + 4, Math.round(row.per_second).toLocaleString("en-US")),
    `<line x1="${px(from)}" y1="${middle}" x2="${px(to)}" y2="${middle}" stroke="${color}" stroke-width="3"/>`,
    `<line x1="${px(tick)}" y1="${y + 6}" x2="${px(tick)}" y2="${y + LINE - 6}" stroke="${color}" stroke-width="2"/>`,
    `<circle cx="${px(from)}" cy="${middle}" r="4" fill="${color}"/>`,
  ].join("");
}

function drawReach({ name, value, reach, ok }: Reach, y: number): string {
  const line = `${name}: ${value.toFixed(2)} (${reach})`;
  const color = ok ? "#2e7d32" : "#c62828";
  return text(20, y, `${ok ? "✓" : "✗"} ${line}`, `fill="${color}"`);
}

/** From the power of ten below the least value to the one above the largest. */
function scaleOf(values: readonly number[]): Scale {
  const low = Math.floor(Math.log10(Math.min(...values)));
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...values))));
  // Room for the figure beside the longest bar.
  const width = PANEL - 50;
  const scale = (value: number) => (width * (Math.log10(value) - low)) / (high - low);
  return Object.assign(scale, { decades: Array.from({ length: high - low + 1 }, (_, i) => low + i) });
}

function axis(scale: Scale, x: number, bottom: number): string {
  return scale.decades
    .map((decade) => {
      const at = px(x + scale(10 ** decade));
      const label = decade < 0 ? String(10 ** decade) : (10 ** decade).toLocaleString("en-US");
      return (
        `<line x1="${at}" y1="${TOP - 4}" x2="${at}" y2="${bottom}" stroke="#ddd"/>` +
        text(at, TOP - 9, label, 'text-anchor="middle" fill="#777" font-size="10"')
      );
    })
    .join("");
}

function text(x: number, y: number, content: string, attributes = ""): string {
  return `<text x="${px(x)}" y="${y}" ${attributes}>${content.replaceAll("&", "&amp;").replaceAll("<", "&lt;")}</text>`;
}

const px = (value: number) => Math.round(value * 10) / 10;
