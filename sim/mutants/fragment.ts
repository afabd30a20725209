/**
 * Finds the one place that a planted bug's `find` means, also after the code was reformatted, renamed or moved. It is
 * looked for letter by letter, then token by token, then by its *shape*: the same tokens with other names.
 *
 * A bug in a wrong place is worse than none, so any doubt is an error. A place with other names counts only if
 * - each old name has one new name, and no two old names share one;
 * - the file no longer uses the old names: otherwise nothing was renamed, and the place is only a similar one;
 * - enough of the words are the same.
 *
 * A place in another file counts only if every token is the same, and at least one of the words is gone from the old
 * file: otherwise nothing has moved, and both files had the same line.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Patch } from './bug.ts';
import { type Token, tokenize } from './tokens.ts';

export interface Sources {
  /** Where code may have moved to. */
  readonly files: readonly string[];
  /** Empty if there is no such file. */
  read(file: string): string;
}

export interface Place {
  readonly file: string;
  readonly start: number;
  readonly end: number;
  /** The patch's `put`, with the names that the code has now. */
  readonly put: string;
  /** Where and how it was found if `find` itself is gone from its file; otherwise null. */
  readonly note: string | null;
}

/** A place with the shape of the fragment. */
interface Match {
  readonly file: string;
  readonly line: number;
  readonly start: number;
  readonly end: number;
  /** What the fragment begins in. */
  readonly opening: string;
  readonly words: ReadonlySet<string>;
  /** New names by the old ones; empty if every token is the same. */
  readonly renamed: ReadonlyMap<string, string>;
}

/** A fragment begins in code, or within a template: most of these are SQL. */
const OPENINGS = ['', '`'] as const;

/** With fewer, little more than signs and keywords would agree. */
const LEAST_SHARE = 1 / 2;

/** Throws if no place is certain, and says what to do. */
export function findPlace({ file, find, put }: Patch, sources: Sources): Place {
  const source = sources.read(file);
  const start = source.indexOf(find);
  if (start >= 0 && start === source.lastIndexOf(find))
    return { file, start, end: start + find.length, put, note: null };

  const matches = matchesIn(file, find, sources);
  const same = matches.filter(isSame);
  if (start >= 0 || same.length > 1)
    throw new Error(
      `${file}: "find" stands there several times. Make it longer, so that only one place fits.`,
    );
  if (same[0] !== undefined) return { ...same[0], put, note: null };

  const tokens = tokenize(source);
  const places = [
    ...likeliest(matches.filter((match) => whyUnsure(match, tokens) === null)),
    ...movedFrom(file, find, tokens, sources),
  ];
  const [place] = places;
  const lines = places.map((one) => `${one.file}:${one.line}`).join(' or ');
  if (place === undefined) throw new Error(`${file}: "find" is gone. ${advice(matches, tokens)}`);
  if (places.length > 1)
    throw new Error(`${file}: "find" is gone. It may be ${lines} now: copy the right one into "find".`);
  const names = [...place.renamed].map(([old, name]) => `${old} is now ${name}`);
  const how = isSame(place) ? 'where its code has moved' : `by its shape: ${names.join(', ')}`;
  return { ...place, put: rename(put, place), note: `found in ${lines}, ${how}` };
}

/** The project in this folder. */
export function sourcesIn(root: string): Sources {
  const names = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' });
  return {
    files: names.filter((name) => /(?<!\.test)\.ts$/.test(name)).map((name) => `src/${name}`),
    read: (file) => (existsSync(join(root, file)) ? readFileSync(join(root, file), 'utf8') : ''),
  };
}

function matchesIn(file: string, find: string, sources: Sources): readonly Match[] {
  const source = sources.read(file);
  const tokens = tokenize(source);
  const found = new Map<number, Match>();
  for (const opening of OPENINGS) {
    const fragment = tokenize(find, opening);
    const words = wordsOf(fragment);
    for (const [index, { start }] of tokens.entries()) {
      const there = tokens.slice(index, index + fragment.length);
      const renamed = namesBetween(fragment, there);
      const end = there.at(-1)?.end;
      if (renamed === null || end === undefined) continue;
      const line = source.slice(0, start).split('\n').length;
      found.set(start, { file, line, start, end, opening, words, renamed });
    }
  }
  return [...found.values()];
}

/** What changed between two runs of tokens of one shape; null if the shapes differ. */
function namesBetween(before: readonly Token[], after: readonly Token[]): ReadonlyMap<string, string> | null {
  const names = new Map<string, string>();
  const olds = new Map<string, string>();
  for (const [index, { kind, text: old }] of before.entries()) {
    const token = after[index];
    if (token?.kind !== kind || (kind !== 'name' && token.text !== old)) return null;
    if (kind !== 'name') continue;
    const name = token.text;
    if ((names.get(old) ?? name) !== name || (olds.get(name) ?? old) !== old) return null;
    names.set(old, name);
    olds.set(name, old);
  }
  return new Map([...names].filter(([old, name]) => old !== name));
}

function wordsOf(tokens: readonly Token[]): ReadonlySet<string> {
  const words = tokens.filter(({ kind, text }) => kind !== 'sign' && /[\p{ID_Continue}$]/u.test(text));
  return new Set(words.map(({ text }) => text));
}

function isSame({ renamed }: Match): boolean {
  return renamed.size === 0;
}

/** Those with the fewest new names. */
function likeliest(matches: readonly Match[]): readonly Match[] {
  const fewest = Math.min(...matches.map(({ renamed }) => renamed.size));
  return matches.filter(({ renamed }) => renamed.size === fewest);
}

/** Null: nothing speaks against the new names. */
function whyUnsure({ words, renamed }: Match, tokens: readonly Token[]): string | null {
  const used = tokens.find(({ kind, text }) => kind === 'name' && renamed.has(text));
  if (used !== undefined) return `the file still uses ${used.text}`;
  const same = words.size - renamed.size;
  return same < words.size * LEAST_SHARE ? `only ${same} of its ${words.size} words are the same` : null;
}

function movedFrom(file: string, find: string, tokens: readonly Token[], sources: Sources): readonly Match[] {
  const words = [...wordsOf(tokenize(find))];
  const left = wordsOf(tokens);
  if (words.every((word) => left.has(word))) return [];
  return sources.files
    .filter((other) => other !== file && words.every((word) => sources.read(other).includes(word)))
    .flatMap((other) => matchesIn(other, find, sources).filter(isSame));
}

function advice(matches: readonly Match[], tokens: readonly Token[]): string {
  const [similar] = likeliest(matches);
  if (similar === undefined) return 'Write it as the code is now, or remove the planted bug.';
  const { file, line } = similar;
  return `${file}:${line} is similar, but ${whyUnsure(similar, tokens)}. If it is the place, copy it into "find".`;
}

function rename(put: string, { opening, renamed }: Match): string {
  const names = tokenize(put, opening).filter(({ kind, text }) => kind === 'name' && renamed.has(text));
  return names.reduceRight(
    (text, { start, end, text: old }) => text.slice(0, start) + (renamed.get(old) ?? old) + text.slice(end),
    put,
  );
}
