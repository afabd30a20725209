/** Markdown tables, and numbers as people read them. */

export type Cell = string | number | null;

/** The first column is text, the others are numbers. What is null was not measured. */
export function table(head: readonly string[], rows: readonly (readonly Cell[])[]): readonly string[] {
  const line = (cells: readonly Cell[]): string => `| ${cells.map(cellText).join(' | ')} |`;
  return [
    line(head),
    `|${head.map((_name, index) => (index === 0 ? '---' : '---:')).join('|')}|`,
    ...rows.map(line),
  ];
}

function cellText(cell: Cell): string {
  if (cell === null) return '–';
  return String(cell).replaceAll('|', '\\|').replaceAll('\n', ' ');
}

/** Whole, with separators: `12,345`. */
export function whole(value: number | null): string | null {
  return value === null ? null : Math.round(value).toLocaleString('en');
}

/** Two digits behind the point, as usual for ratios. */
export function ratio(value: number | null): string | null {
  return value === null ? null : value.toFixed(2);
}

/** Milliseconds: the shorter, the finer. */
export function milliseconds(value: number | null): string | null {
  if (value === null) return null;
  if (Math.abs(value) >= 100) return whole(value);
  return value.toFixed(Math.abs(value) >= 10 ? 1 : 2);
}

/** `201: 1,000, 502: 3` */
export function statuses(counts: Readonly<Record<number, number>>): string {
  return Object.entries(counts)
    .map(([status, count]) => `${status === '0' ? 'broken' : status}: ${count.toLocaleString('en')}`)
    .join(', ');
}
