import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';

const CHECKER = fileURLToPath(new URL('../scripts/check-arrows.mjs', import.meta.url));

let folder: string;

const pathOf = (path: string): string => (path.startsWith('packages/') ? path : `src/${path}`);

function check(files: Record<string, string>): { code: number | null; output: string } {
  for (const [path, text] of Object.entries(files)) {
    const file = join(folder, pathOf(path));
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  const { status, stdout, stderr } = spawnSync(process.execPath, [CHECKER, folder], { encoding: 'utf8' });
  return { code: status, output: stdout + stderr };
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'payonce-arrows-'));
});

afterEach(() => rmSync(folder, { recursive: true }));

test('a checker that sees no module does not pass', () => {
  expect(check({})).toMatchObject({ code: 1, output: expect.stringContaining('nothing was checked') });
});

test('allowed arrows pass', () => {
  const result = check({
    'domain/money.ts': "import { createHash } from 'node:crypto';\nimport { one } from './one.ts';",
    'engine/drive/steps.ts':
      "import type { Clock } from '../../ports/clock.ts';\nimport '../../domain/money.ts';",
    'postgres/store.ts': "import pg from 'pg';\nimport fs from 'node:fs';",
    'http/server.ts': "import fastify from 'fastify';\nimport { Engine } from '../engine/index.ts';",
    'fake-gateway/ledger.ts': "import { money } from '../domain/money.ts';",
    'config.ts': 'export const port = process.env.PORT;',
    'main.ts': "import { port } from './config.ts';\nimport { Store } from './postgres/store.ts';",
    'cli.ts': "await import('./main.ts');",
    'engine/drive/steps.test.ts': "import { Store } from '../../postgres/store.ts';\nDate.now();",
  });
  expect(result).toEqual({ code: 0, output: '8 modules checked, 0 violations.\n' });
});

const FORBIDDEN_ARROWS: readonly (readonly [string, string, string])[] = [
  ['domain/a.ts', "import fs from 'node:fs';", 'node:fs'],
  ['domain/a.ts', "import type { Clock } from '../ports/clock.ts';", 'ports/clock.ts'],
  ['ports/a.ts', "export * from '../engine/api.ts';", 'engine/api.ts'],
  ['ports/a.ts', "export type { Api } from '../engine/api.ts';", 'engine/api.ts'],
  ['engine/a.ts', "import {\n  type Store,\n} from '../postgres/store.ts';", 'postgres/store.ts'],
  ['engine/a.ts', "export const load = () => import('../http/server.ts');", 'http/server.ts'],
  ['engine/a.ts', "type Server = import('../http/server.ts').Server;", 'http/server.ts'],
  ['engine/a.ts', "import 'pg';", 'pg'],
  ['postgres/a.ts', "import { x } from '../engine/x.ts';", 'engine/x.ts'],
  ['gateways/http/a.ts', "import pg from 'pg';", 'pg'],
  ['fake-gateway/a.ts', "import { x } from '../domain/ids.ts';", 'domain/ids.ts'],
  ['http/a.ts', "import { x } from '../postgres/x.ts';", 'postgres/x.ts'],
  ['packages/embedded-postgres/src/a.ts', "import { x } from '../../../src/domain/x.ts';", 'domain/x.ts'],
  ['packages/mcp/src/a.ts', "import { x } from '../../../src/client/x.ts';", 'client/x.ts'],
  [
    'domain/a.ts',
    "import { x } from '../../packages/embedded-postgres/src/x.ts';",
    'packages/embedded-postgres/src/x.ts',
  ],
  ['client/a.ts', "import { x } from 'node:http';", 'node:http'],
  ['config.ts', "import { x } from './http/x.ts';", 'http/x.ts'],
  ['index.ts', "import './main.ts';", 'main.ts'],
  ['main.ts', "import { x } from './cli.ts';", 'cli.ts'],
  ['postgres/a.ts', "import { env } from 'node:process';", 'node:process'],
];

test.each(FORBIDDEN_ARROWS)('%s: %s is caught', (file, text, target) => {
  const { code, output } = check({ [file]: text });
  expect(code).toBe(1);
  expect(output).toMatch(
    new RegExp(
      `${pathOf(file)}:1  .* may not import ${target}\\n    \\S.*\\n1 modules checked, 1 violations`,
    ),
  );
});

test('a computed import is caught, because nobody can say where it leads', () => {
  expect(check({ 'engine/a.ts': 'await import(name);' })).toMatchObject({ code: 1 });
});

test('a new part of src needs a rule', () => {
  expect(check({ 'novelty/a.ts': '' })).toMatchObject({
    code: 1,
    output: expect.stringContaining('has no rule'),
  });
});

const BANNED_IN_PURE_CODE = [
  'Date.now()',
  'new Date()',
  'new Date',
  'performance.now()',
  'Math.random()',
  'setTimeout(run, 1)',
  'setInterval(run, 1)',
  'setImmediate(run)',
  'queueMicrotask(run)',
  'fetch(url)',
  'process.hrtime()',
  'globalThis.setTimeout(run, 1)',
  'getRandomValues(bytes)',
  'randomUUID()',
  'randomBytes(16)',
  'randomInt(6)',
];

test.each(BANNED_IN_PURE_CODE)('%s is caught in the domain and the engine, and allowed elsewhere', (call) => {
  const text = `const a = \`\${${call}}\`;`;
  const { code, output } = check({ 'domain/a.ts': text, 'engine/deep/a.ts': text, 'postgres/a.ts': text });
  expect(code).toBe(1);
  expect(output).toMatch(
    /^src\/domain\/a.ts:1 .*\n.*\nsrc\/engine\/deep\/a.ts:1 .*\n.*\n3 modules checked, 2 violations/,
  );
});

test('what a build has left in a package is no source', () => {
  expect(check({ 'main.ts': '', 'packages/novelty/dist/a.d.ts': '' }).output).toContain('1 modules checked');
});

test('a package is given its settings, too', () => {
  expect(check({ 'packages/embedded-postgres/src/a.ts': 'const a = process.env.PORT;' })).toMatchObject({
    code: 1,
    output: expect.stringContaining('"process . env" is banned'),
  });
});

test.each(['process.env.PORT', "process['env']", '{ ...process.env }'])(
  '%s is caught outside config.ts',
  (text) => {
    expect(check({ 'http/a.ts': `const a = ${text};` })).toMatchObject({
      code: 1,
      output: expect.stringContaining('Only src/config.ts reads the environment'),
    });
  },
);

test('const { env } = process is caught outside config.ts', () => {
  expect(check({ 'main.ts': 'const { env } = process;' }).code).toBe(1);
});

test('names in comments, strings, regular expressions and properties are not calls', () => {
  const text = [
    '// Date.now() is banned; import x from "pg"',
    '/* Math.random() */',
    "const a = 'fetch(1)' + \"process.env\" + `new Date() import('pg')`;",
    'const b = /process.env|fetch\\(["\'`]/.test(a) ? 1 / 2 : 4 / 2;',
    'clock.setTimeout(1); const c = { fetch: 1, performance: 2 }; new Date(5);',
  ];
  expect(check({ 'engine/a.ts': text.join('\n') })).toMatchObject({ code: 0 });
});

test('what follows a template or a regular expression is still seen', () => {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the source to be checked
  const text = 'const a = `${`${1}`} text }`;\nconst b = [/[/"]/, /`/];\n\nDate.now();';
  expect(check({ 'engine/a.ts': text }).output).toContain('src/engine/a.ts:4  ');
});
