// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the fragments are pieces of programs.
import { describe, expect, it } from 'vitest';
import { findPlace } from './fragment.ts';

type Files = Readonly<Record<string, string>>;

const PATCH = {
  file: 'src/lease.ts',
  find: 'if (lease.untilMs > nowMs) return wait(lease, nowMs);\n',
  put: 'if (lease.untilMs > 0) return wait(lease, nowMs);\n',
};

function place(files: Files, patch: Partial<typeof PATCH>) {
  const read = (file: string): string => files[file] ?? '';
  const { note, ...found } = findPlace({ ...PATCH, ...patch }, { files: Object.keys(files), read });
  const text = read(found.file);
  return { note, text: text.slice(0, found.start) + found.put + text.slice(found.end) };
}

interface Case {
  readonly now: string;
  readonly find?: string;
  readonly put?: string;
}

describe('a fragment is found', () => {
  it.each<[string, Case & { readonly text: string }]>([
    ['as it is written', { now: `a();\n${PATCH.find}b();\n`, text: `a();\n${PATCH.put}b();\n` }],
    [
      'formatted over several lines',
      {
        now: 'a();\nif (lease.untilMs > nowMs)\n  return wait(\n    lease,\n    nowMs,\n  );\nb();',
        text: `a();\n${PATCH.put}\nb();`,
      },
    ],
    [
      'with a comment inside',
      {
        now: 'if (lease.untilMs > nowMs) // it’s ours\n  return /* now */ wait(lease, nowMs);',
        text: PATCH.put,
      },
    ],
    [
      'up to a comma that the formatter has removed',
      { now: 'a(first, second)', find: 'first,\n  second,\n', put: 'first,', text: 'a(first,)' },
    ],
    [
      'in SQL that is indented anew',
      {
        now: 'q(`SELECT a\n      FROM b\n      WHERE c`)',
        find: 'a\n  FROM b\n',
        put: 'a FROM d ',
        text: 'q(`SELECT a FROM d WHERE c`)',
      },
    ],
    [
      'after a text that looks like a comment, and an expression that looks like a text',
      {
        now: "a('//', /['\"/]/, b / c,\n  d)",
        find: "('//', /['\"/]/, b / c, d)",
        put: '()',
        text: 'a()',
      },
    ],
  ])('%s', (_name, { text, now, ...patch }) => {
    expect(place({ [PATCH.file]: now }, patch)).toEqual({ note: null, text });
  });

  it.each<[string, Case & { readonly text: string; readonly note: string }]>([
    [
      'whose function was renamed',
      {
        now: '\nif (lease.untilMs > nowMs) return pause(lease, nowMs);',
        text: '\nif (lease.untilMs > 0) return pause(lease, nowMs);\n',
        note: 'found in src/lease.ts:2, by its shape: wait is now pause',
      },
    ],
    [
      'whose variable, used twice, was renamed',
      {
        now: 'if (held.untilMs > nowMs) return wait(held, nowMs);',
        text: 'if (held.untilMs > 0) return wait(held, nowMs);\n',
        note: 'found in src/lease.ts:1, by its shape: lease is now held',
      },
    ],
    [
      'whose renamed variable the patch uses in a template',
      {
        now: 'q(`now() + ${waitS} * interval`)',
        find: '`now() + ${leaseS} * interval`',
        put: '`leaseS + ${2 * leaseS}`',
        text: 'q(`leaseS + ${2 * waitS}`)',
        note: 'found in src/lease.ts:1, by its shape: leaseS is now waitS',
      },
    ],
    [
      'where most names are the same, of two places',
      {
        now: 'a(first, second, other);\na(first, b, c);',
        find: 'a(first, second, third);',
        put: 'third();',
        text: 'other();\na(first, b, c);',
        note: 'found in src/lease.ts:1, by its shape: third is now other',
      },
    ],
  ])('%s', (_name, { text, note, now, ...patch }) => {
    expect(place({ [PATCH.file]: now }, patch)).toEqual({ note, text });
  });

  it('in the file that its code has moved to', () => {
    const files = { [PATCH.file]: 'a(lease);', 'src/wait.ts': `b();\n${PATCH.find}` };
    expect(place(files, {})).toEqual({
      note: 'found in src/wait.ts:2, where its code has moved',
      text: `b();\n${PATCH.put}\n`,
    });
  });
});

describe('a fragment is not found', () => {
  it.each<[string, Case & { readonly elsewhere?: string; readonly why: string }]>([
    ['if it is gone', { now: 'a();', why: 'is gone. Write it as the code is now' }],
    ['if it stands there twice', { now: PATCH.find + PATCH.find, why: 'stands there several times' }],
    [
      'if it stands there twice in other lines',
      { now: 'a(\n b);\na(\n  b,\n);', find: 'a(b);', why: 'stands there several times' },
    ],
    [
      'in a similar line, while the file uses the old name',
      {
        now: 'use(lease);\nif (claim.untilMs > nowMs) return wait(claim, nowMs);',
        why: 'src/lease.ts:2 is similar, but the file still uses lease.',
      },
    ],
    [
      'where too few words are the same',
      { now: 'return b(c, d);', find: 'return b(e, f);', why: 'only 1 of its 3 words are the same' },
    ],
    [
      'in two places that are equally similar',
      {
        now: 'a(first, second, b);\na(first, second, c);',
        find: 'a(first, second, d);',
        why: 'It may be src/lease.ts:1 or src/lease.ts:2 now',
      },
    ],
    [
      'where one old name has two new ones',
      { now: 'if (held.untilMs > nowMs) return wait(claim, nowMs);', why: 'is gone. Write' },
    ],
    [
      'where two old names share a new one',
      { now: 'if (nowMs.untilMs > nowMs) return wait(nowMs, nowMs);', why: 'is gone. Write' },
    ],
    ['where a text is another', { now: "a('b  c');", find: "a('b c');", why: 'is gone. Write' }],
    [
      'in another file from which nothing has moved',
      { now: 'wait(lease.untilMs, nowMs);', elsewhere: PATCH.find, why: 'is gone. Write' },
    ],
    [
      'where it may be renamed, and may have moved',
      {
        now: 'if (held.untilMs > nowMs) return wait(held, nowMs);',
        elsewhere: PATCH.find,
        why: 'It may be src/lease.ts:1 or src/wait.ts:1 now',
      },
    ],
  ])('%s', (_name, { why, now, elsewhere = '', ...patch }) => {
    expect(() => place({ [PATCH.file]: now, 'src/wait.ts': elsewhere }, patch)).toThrow(why);
  });
});
