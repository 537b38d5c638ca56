import { placeAxis } from "./axis.ts";
import { cell, type Chart, column, type Row } from "./curve.ts";
import { shown } from "./numbers.ts";

const width = 760;
const height = 420;
const plot = { left: 86, right: width - 40, top: 82, bottom: height - 58 } as const;

/** Readable on its own card, which is dark where the reader's page is. */
const style = `
  .card { fill: #ffffff; stroke: #d0d7de } text { font: 13px system-ui, "DejaVu Sans", sans-serif; fill: #1f2328 }
  .title { font-size: 16px; font-weight: 600 } .axis { fill: #59636e } .grid { stroke: #e4e8ec } .frame { stroke: #8c959f; fill: none }
  polyline { fill: none; stroke-width: 2.2; stroke-linejoin: round }
  .line0 { stroke: #0969da } .line1 { stroke: #bc4c00 } .line2 { stroke: #1a7f37 } .line3 { stroke: #8250df }
  .dot0 { fill: #0969da } .dot1 { fill: #bc4c00 } .dot2 { fill: #1a7f37 } .dot3 { fill: #8250df }
  @media (prefers-color-scheme: dark) {
    .card { fill: #0d1117; stroke: #3d444d } text { fill: #e6edf3 } .axis { fill: #9198a1 } .grid { stroke: #262c36 } .frame { stroke: #656c76 }
    .line0 { stroke: #4493f8 } .line1 { stroke: #f0883e } .line2 { stroke: #3fb950 } .line3 { stroke: #ab7df8 }
    .dot0 { fill: #4493f8 } .dot1 { fill: #f0883e } .dot2 { fill: #3fb950 } .dot3 { fill: #ab7df8 }
  }`;

/** Draws the rows as lines over one axis: an SVG of its own, without any script or font. */
export function drawChart(chart: Chart, rows: readonly Row[]): string {
  const x = placeAxis(chart.x, column(rows, chart.x.column));
  const y = placeAxis(chart.y, chart.lines.flatMap((line) => column(rows, line.column)));
  const atX = (value: number): number => plot.left + x.place(value) * (plot.right - plot.left);
  const atY = (value: number): number => plot.bottom - y.place(value) * (plot.bottom - plot.top);
  const body = [
    `<rect class="card" x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="6"/>`,
    text(plot.left, 30, chart.title, { className: "title" }),
    ...chart.lines.map((line, index) => legend(index, line.label, legendLeft(chart, index))),
    ...x.ticks.flatMap((tick) => verticalMark(atX(tick), shown(tick, chart.x.unit))),
    ...y.ticks.flatMap((tick) => horizontalMark(atY(tick), shown(tick, chart.y.unit))),
    `<path class="frame" d="M${plot.left} ${plot.top}V${plot.bottom}H${plot.right}"/>`,
    text((plot.left + plot.right) / 2, height - 16, chart.x.label, { className: "axis", anchor: "middle" }),
    text(plot.left, plot.top - 10, chart.y.label, { className: "axis" }),
    ...chart.lines.flatMap((line, index) => drawLine(index, rows.map((row) => [atX(cell(row, chart.x.column)), atY(cell(row, line.column))]))),
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">
<title>${escaped(chart.title)}</title>
<style>${style}
</style>
${body.join("\n")}
</svg>
`;
}

const figure = (value: number): string => value.toFixed(1);
const escaped = (value: string): string => value.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");

function text(x: number, y: number, content: string, { className = "", anchor = "start" }: { readonly className?: string; readonly anchor?: string } = {}): string {
  return `<text class="${className}" x="${figure(x)}" y="${figure(y)}" text-anchor="${anchor}">${escaped(content)}</text>`;
}

/** Labels stand beside each other; a letter is taken to be seven wide. */
function legendLeft({ lines }: Chart, index: number): number {
  return lines.slice(0, index).reduce<number>((left, { label }) => left + 44 + label.length * 7, plot.left);
}

function legend(index: number, label: string, left: number): string {
  return `<polyline class="line${index}" points="${left},50 ${left + 22},50"/><circle class="dot${index}" cx="${left + 11}" cy="50" r="3.2"/>${text(left + 28, 54.5, label)}`;
}

function verticalMark(x: number, label: string): readonly string[] {
  return [`<path class="grid" d="M${figure(x)} ${plot.top}V${plot.bottom}"/>`, text(x, plot.bottom + 20, label, { className: "axis", anchor: "middle" })];
}

function horizontalMark(y: number, label: string): readonly string[] {
  return [`<path class="grid" d="M${plot.left} ${figure(y)}H${plot.right}"/>`, text(plot.left - 8, y + 4.5, label, { className: "axis", anchor: "end" })];
}

function drawLine(index: number, points: readonly (readonly number[])[]): readonly string[] {
  const at = points.map(([x = 0, y = 0]) => [figure(x), figure(y)] as const);
  return [
    `<polyline class="line${index}" points="${at.map(([x, y]) => `${x},${y}`).join(" ")}"/>`,
    ...at.map(([x, y]) => `<circle class="dot${index}" cx="${x}" cy="${y}" r="3.2"/>`),
  ];
}
