/** `/problems` and `/problems/<code>`: where the `type` of a problem leads. */
import { PROBLEMS, type ProblemCode } from '../../domain/problems.ts';
import { ADVICE } from './advice.ts';
import { escaped, inline, page, table } from './html.ts';

const CODES = Object.keys(PROBLEMS) as readonly ProblemCode[];

export function problemList(): string {
  const rows = CODES.map((code) => [
    `<a href="/problems/${code}"><code>${code}</code></a>`,
    String(PROBLEMS[code].status),
    escaped(PROBLEMS[code].title),
  ]);
  return page('Problems', table(['code', 'status', 'title'], rows));
}

/** Null: there is no such problem. */
export function problemPage(text: string): string | null {
  const code = CODES.find((each) => each === text);
  if (code === undefined) return null;
  const { status, title } = PROBLEMS[code];
  const { happened, todo } = ADVICE[code];
  return page(
    title,
    `<p><code>${code}</code>, status ${status}</p>
<h2>What did not happen</h2><p>${inline(happened)}</p>
<h2>What to do</h2><p>${inline(todo)}</p>`,
  );
}
