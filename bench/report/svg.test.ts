import { describe, expect, test } from 'vitest';
import { type Chart, drawChart } from './svg.ts';

const points = [
  { x: 1, y: 120 },
  { x: 256, y: 9000 },
];
const chart: Chart = {
  title: 'Fast & <slow>',
  description: 'one: 1 "and" 2',
  xLabel: 'connections',
  panels: [
    { title: 'left', series: [{ name: 'a<b', emphasis: true, points }] },
    { title: 'right', series: [{ name: 'none', emphasis: false, points: [] }] },
  ],
};
const svg = drawChart(chart);

/** The names of the elements that are open at the end, and whether every end fitted its beginning. */
function readTags(text: string): { readonly open: readonly string[]; readonly fits: boolean } {
  const open: string[] = [];
  let fits = true;
  for (const [, end, name = '', self] of text.matchAll(/<(\/?)([a-z]+)(?:\s[^<>]*?)?(\/?)>/g)) {
    if (end === '/') fits &&= open.pop() === name;
    else if (self !== '/') open.push(name);
  }
  return { open, fits };
}

describe('a chart', () => {
  test('is well-formed: every element ends, and no text breaks out', () => {
    expect(readTags(svg)).toEqual({ open: [], fits: true });
    const bare = svg.replaceAll(/<\/?[a-z]+(?:\s[^<>]*?)?\/?>/g, '');
    expect(bare).not.toMatch(/[<>]|&(?!amp;|lt;|gt;|quot;)/);
  });

  test('says in words what can be seen', () => {
    expect(svg).toContain('<title id="title">Fast &amp; &lt;slow&gt;</title>');
    expect(svg).toContain('<desc id="description">one: 1 &quot;and&quot; 2</desc>');
    expect(svg).toContain('role="img"');
  });

  test('has a background of its own, and needs nothing from elsewhere', () => {
    expect(svg).toMatch(/<rect [^>]*fill="#ffffff"/);
    expect(svg).not.toMatch(/href|@import|url\(/);
  });

  test('names each line at its end', () => {
    expect(svg).toMatch(/<text [^>]*>a&lt;b<\/text>/);
  });

  test('has a line for each server that was measured, through each of its points', () => {
    expect(svg.match(/<polyline/g)).toHaveLength(1);
    expect(svg.match(/<circle/g)).toHaveLength(2);
  });

  test('contains no NaN, Infinity or undefined', () => {
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
  });
});
