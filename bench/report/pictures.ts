/** The pictures of the report: throughput and latency of new payments over the number of connections. */
import type { Window } from '../measure/rounds.ts';
import { type Line, summarise } from '../measure/summary.ts';
import { PAYONCE } from '../stage/subjects.ts';
import type { Picture } from './markdown.ts';
import { drawChart, type Series } from './svg.ts';

export interface DrawnPicture extends Picture {
  readonly svg: string;
}

const X_LABEL = 'connections';

/** None where there are no windows. */
export function drawPictures(windows: readonly Window[]): readonly DrawnPicture[] {
  const lines = summarise(windows, 'proxy');
  if (lines.length === 0) return [];
  const throughput = seriesOf(lines, ({ perSecond }) => perSecond);
  const p50 = seriesOf(lines, ({ latency }) => latency.p50);
  const p99 = seriesOf(lines, ({ latency }) => latency.p99);
  return [
    {
      file: 'throughput.svg',
      alt: 'New payments a second over the number of connections',
      svg: drawChart({
        title: 'New payments a second',
        description: described('payments a second', throughput),
        xLabel: X_LABEL,
        panels: [{ title: 'more is better', series: throughput }],
      }),
    },
    {
      file: 'latency.svg',
      alt: 'Latency of new payments over the number of connections',
      svg: drawChart({
        title: 'Latency of new payments, in milliseconds',
        description: `${described('milliseconds, median', p50)} ${described('milliseconds, 99th percentile', p99)}`,
        xLabel: X_LABEL,
        panels: [
          { title: 'median; less is better', series: p50 },
          { title: '99th percentile; less is better', series: p99 },
        ],
      }),
    },
  ];
}

function seriesOf(lines: readonly Line[], read: (line: Line) => number): readonly Series[] {
  const subjects = [...new Set(lines.map(({ subject }) => subject))];
  return subjects.map((name) => ({
    name,
    emphasis: name === PAYONCE,
    points: lines
      .filter(({ subject }) => subject === name)
      .map((line) => ({ x: line.connections, y: read(line) }))
      // A logarithmic axis cannot show 0.
      .filter(({ y }) => y > 0)
      .sort((a, b) => a.x - b.x),
  }));
}

function described(unit: string, series: readonly Series[]): string {
  const lines = series.map(({ name, points }) => {
    const values = points.map(({ x, y }) => `${Math.round(y * 100) / 100} at ${x}`);
    return `${name}: ${values.join(', ')}.`;
  });
  return `In ${unit}, by connections. ${lines.join(' ')}`;
}
