/**
 * Line charts as SVG, made by hand: no library, no font from elsewhere, a background of its own so that it can be read on light
 * and dark pages. Each line carries its name at its end instead of in a legend.
 */
import { powersOfTen, powersOfTwo, type Scale, spread } from './scale.ts';

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Series {
  readonly name: string;
  /** Drawn stronger than the others. */
  readonly emphasis: boolean;
  /** By x, ascending; all values above 0. */
  readonly points: readonly Point[];
}

export interface Panel {
  readonly title: string;
  readonly series: readonly Series[];
}

export interface Chart {
  readonly title: string;
  /** What can be seen, for those who cannot see it. */
  readonly description: string;
  /** Below the x axis, which doubles at equal distances. */
  readonly xLabel: string;
  readonly panels: readonly Panel[];
}

const PANEL = { width: 560, height: 400, left: 64, right: 130, top: 64, bottom: 56 };
const LABEL_GAP = 15;
const TITLE_Y = 28;
/** Colours for every kind of colour vision (Okabe and Ito), without the yellow: it is pale on white. */
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#555555', '#e69f00', '#56b4e9'];

const STYLE = `
  text { font: 12px system-ui, -apple-system, "Segoe UI", sans-serif; fill: #222; }
  .title { font-size: 15px; font-weight: 600; }
  .panel { font-weight: 600; }
  .grid { stroke: #e3e3e3; stroke-width: 1; }
  .axis { stroke: #888; stroke-width: 1; }
  .line { fill: none; stroke-linejoin: round; }`;

/** The whole picture as one document. */
export function drawChart(chart: Chart): string {
  const width = PANEL.width * chart.panels.length;
  const panels = chart.panels.map(
    (panel, index) => `<g transform="translate(${index * PANEL.width} 0)">${drawPanel(panel, chart)}</g>`,
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${PANEL.height}" width="${width}" height="${PANEL.height}" role="img" aria-labelledby="title description">`,
    `<title id="title">${escaped(chart.title)}</title>`,
    `<desc id="description">${escaped(chart.description)}</desc>`,
    `<style>${STYLE}\n</style>`,
    `<rect width="${width}" height="${PANEL.height}" fill="#ffffff"/>`,
    text({ x: PANEL.left, y: TITLE_Y, className: 'title' }, chart.title),
    ...panels,
    '</svg>',
    '',
  ].join('\n');
}

function drawPanel({ title, series }: Panel, { xLabel, panels }: Chart): string {
  const right = PANEL.width - PANEL.right;
  const bottom = PANEL.height - PANEL.bottom;
  const points = series.flatMap((line) => line.points);
  if (points.length === 0) return '';
  const x = powersOfTwo(
    points.map((point) => point.x),
    PANEL.left,
    right,
  );
  // All panels have one scale, so that they can be compared.
  const all = panels.flatMap((panel) => panel.series.flatMap((line) => line.points.map((point) => point.y)));
  const y = powersOfTen(all, bottom, PANEL.top);
  return [
    text({ x: PANEL.left, y: TITLE_Y + 22, className: 'panel' }, title),
    ...y.ticks.map((tick) => horizontal(y.at(tick), right, tick)),
    ...x.ticks.map((tick) => text({ x: x.at(tick), y: bottom + 18, anchor: 'middle' }, String(tick))),
    `<line class="axis" x1="${PANEL.left}" y1="${bottom}" x2="${right}" y2="${bottom}"/>`,
    text({ x: (PANEL.left + right) / 2, y: bottom + 40, anchor: 'middle' }, xLabel),
    ...drawSeries(series, x, y, bottom),
  ].join('\n');
}

function horizontal(at: number, right: number, tick: number): string {
  const line = `<line class="grid" x1="${PANEL.left}" y1="${px(at)}" x2="${right}" y2="${px(at)}"/>`;
  return line + text({ x: PANEL.left - 8, y: at + 4, anchor: 'end' }, tick.toLocaleString('en'));
}

function drawSeries(series: readonly Series[], x: Scale, y: Scale, bottom: number): readonly string[] {
  const ends = series.map(({ points }) => y.at(points.at(-1)?.y ?? 1));
  const labels = spread(ends, LABEL_GAP, bottom);
  return series.flatMap(({ name, emphasis, points }, index) => {
    const last = points.at(-1);
    if (last === undefined) return [];
    const colour = COLOURS[index % COLOURS.length] ?? '#222';
    const path = points.map((point) => `${px(x.at(point.x))},${px(y.at(point.y))}`).join(' ');
    const width = emphasis ? 3.5 : 1.75;
    const dots = points.map(
      (point) =>
        `<circle cx="${px(x.at(point.x))}" cy="${px(y.at(point.y))}" r="${width}" fill="${colour}"/>`,
    );
    const weight = emphasis ? ' font-weight="700"' : '';
    const label =
      `<text x="${px(x.at(last.x) + 10)}" y="${px((labels[index] ?? 0) + 4)}"` +
      `${weight} style="fill:${colour}">${escaped(name)}</text>`;
    const line = `<polyline class="line" points="${path}" stroke="${colour}" stroke-width="${width}"/>`;
    return [line, ...dots, label];
  });
}

interface Place {
  readonly x: number;
  readonly y: number;
  readonly anchor?: 'middle' | 'end';
  readonly className?: string;
}

function text({ x, y, anchor, className }: Place, words: string): string {
  const anchored = anchor === undefined ? '' : ` text-anchor="${anchor}"`;
  const classed = className === undefined ? '' : ` class="${className}"`;
  return `<text x="${px(x)}" y="${px(y)}"${anchored}${classed}>${escaped(words)}</text>`;
}

/** A tenth of a pixel is finer than anybody sees. */
function px(value: number): string {
  return String(Math.round(value * 10) / 10);
}

function escaped(words: string): string {
  return words
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
