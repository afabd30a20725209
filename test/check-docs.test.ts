import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';

const CHECKER = fileURLToPath(new URL('../scripts/check-docs.mjs', import.meta.url));

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'payonce-docs-'));
  put('tsconfig.json', '{"compilerOptions":{"rootDir":"src","outDir":"dist","types":[]},"include":["src"]}');
  put('package.json', '{"exports":{".":{"types":"./dist/index.d.ts"},"./package.json":"./package.json"}}');
});

afterEach(() => rmSync(folder, { recursive: true }));

function put(path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

/** Checks a package whose main entry is `source`. */
function check(source: string): { code: number | null; output: string; errors: string } {
  put('src/index.ts', source);
  const { status, stdout, stderr } = spawnSync(process.execPath, [CHECKER, folder], {
    encoding: 'utf8',
  });
  return { code: status, output: stdout, errors: stderr };
}

/** The lines that name a flaw, without the advice below each. */
function flaws(source: string): string[] {
  const { code, output } = check(source);
  expect(code).toBe(1);
  return output.split('\n').filter((line) => line.startsWith('src/'));
}

test('a check that sees no export does not pass', () => {
  expect(check('const hidden = 1;')).toMatchObject({
    code: 1,
    errors: expect.stringContaining('The entry . exports nothing'),
  });
  put('package.json', '{"exports":{"./gone":{"types":"./dist/gone.d.ts"}}}');
  expect(check('').errors).toContain('The entry ./gone exports nothing');
  put('package.json', '{}');
  expect(check('')).toMatchObject({ code: 1, errors: expect.stringContaining('nothing was checked') });
});

test('what is explained passes', () => {
  const source = `
    /** What comes out. */
    export type Result =
      /** It went well. */
      | {
          kind: 'done';
          /** How often. */
          count: number;
          /** Default: none. */
          note?: string;
        }
      | {
          /** It did not. */
          kind: 'failed';
          count: number;
        };
    /** Which one: \`a\` or \`b\`. */
    export type Choice = 'a' | 'b';
    /** An error. */
    export class Failure extends Error {
      override readonly name = 'Failure';
      #secret = 1;
      private other = 2;
      /** Of the failure. */
      readonly code: string = 'x';
    }
    /** A number. */
    export const LIMIT = 1, MORE = 2;
    /**
     * Does it.
     *
     * @throws TypeError
     */
    export function act(options: { deep?: string }): Promise<Result> { throw new Hidden(); }
    class Hidden { untold = 1; }
    /** Asks. */
    export const ask = (): void => { const hidden = (it: Hidden) => it; };`;
  // What the compiler's own process writes to stderr while it is closed is not about the package.
  expect(check(source)).toMatchObject({ code: 0, output: '7 declarations checked, 0 flaws.\n' });
});

test('every flaw is found, where it is', () => {
  const source = `export interface Bare {
  act(): void; /** Too late to be seen. */
  /** @deprecated */
  tagged: string;
  /* Not a doc comment. */
  plain: 1 | 2;
}
/** Options. */
export interface Options {
  /** Its size. */
  size?: number;
}
/** A word. */
export type Word = 'one' | 'two';
/** A result. */
export type Result = { kind: 'a'; value: 1 | 2 } | { kind: 'b' };
/** @throws TypeError */
export function act(): void {}
/** A class. */
export class Thing { constructor(readonly inner: string) {} method(): void {} }
export default function (): void {}
`;
  expect(flaws(source)).toEqual([
    'src/index.ts:1  Bare has no doc comment',
    'src/index.ts:2  Bare.act has no doc comment',
    'src/index.ts:4  Bare.tagged has no doc comment',
    'src/index.ts:6  Bare.plain has no doc comment',
    'src/index.ts:11  the comment of Options.size does not say what counts without it',
    'src/index.ts:14  the comment of Word does not name one, two',
    "src/index.ts:16  Result ('a') has no comment",
    "src/index.ts:16  Result ('a').value has no doc comment",
    "src/index.ts:16  Result ('b') has no comment",
    'src/index.ts:18  act has no doc comment',
    'src/index.ts:20  Thing.constructor has no doc comment',
    'src/index.ts:20  Thing.method has no doc comment',
    'src/index.ts:21  the default export has no doc comment',
  ]);
});

test('types that an export names are checked too, wherever they are', () => {
  put(
    'src/far.ts',
    'export interface Far extends Base { }\ninterface Base { value: Deep[] }\ntype Deep = string;',
  );
  put(
    'src/near.ts',
    "import type { Far } from './far.ts';\n/** Asks. */\nexport const ask = (far: Far): void => {};",
  );
  put('src/other.ts', 'export interface Other { }');
  const source = "import './other.ts';\nexport { ask } from './near.ts';";
  expect(flaws(source)).toEqual([
    'src/far.ts:1  Far has no doc comment',
    'src/far.ts:2  Base has no doc comment',
    'src/far.ts:2  Base.value has no doc comment',
    'src/far.ts:3  Deep has no doc comment',
  ]);
});
