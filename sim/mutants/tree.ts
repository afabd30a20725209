/**
 * A copy of the project in which a bug can be planted: the sources, the simulations and the tests, compiled into
 * itself. The installed packages are shared with the original, which is only ever read.
 */
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Patch } from './bug.ts';
import type { Runner } from './runner.ts';

const COPIED = [
  'src',
  'packages',
  'sim',
  'test',
  'scripts',
  'package.json',
  'tsconfig.json',
  'tsconfig.base.json',
  'tsconfig.sim.json',
  'tsconfig.test.json',
  'vitest.config.ts',
] as const;

/**
 * Vitest with the project's settings, but with its cache in the copy, and with the one database that was brought up
 * for the whole run: to bring one up for every bug would cost more than the tests.
 */
const VITEST_CONFIG = `import base from './vitest.config.ts';
export default { ...base, cacheDir: '.cache', test: { ...base.test, globalSetup: ['mutants.setup.ts'] } };
`;
const VITEST_SETUP = `export default (project) => {
  project.provide('adminUrl', process.env.MUTANTS_DATABASE_URL);
  project.provide('templateDatabase', process.env.MUTANTS_TEMPLATE);
};
`;
export const VITEST_CONFIG_NAME = 'mutants.vitest.config.ts';

export interface Tree {
  readonly folder: string;
  /** Throws where the text does not stand there exactly once. */
  plant(patch: Patch): void;
  /** Puts the file back as it was. */
  heal(): void;
  /** Null: compiled. Otherwise what the compiler said. */
  compile(): Promise<string | null>;
}

export function copyTree(root: string, folder: string, runner: Runner): Tree {
  mkdirSync(folder);
  for (const name of COPIED) cpSync(join(root, name), join(folder, name), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  writeFileSync(join(folder, VITEST_CONFIG_NAME), VITEST_CONFIG);
  writeFileSync(join(folder, 'mutants.setup.ts'), VITEST_SETUP);
  let planted: { readonly path: string; readonly text: string } | null = null;
  return {
    folder,
    plant({ file, find, put }) {
      if (planted !== null) throw new Error('One bug at a time: the last one is still planted.');
      const path = join(folder, file);
      const text = readFileSync(path, 'utf8');
      const times = occurrences(text, find);
      if (times !== 1) throw new Error(`${file}: the text to be replaced stands there ${times} times`);
      writeFileSync(
        path,
        text.replace(find, () => put),
      );
      planted = { path, text };
    },
    heal() {
      if (planted !== null) writeFileSync(planted.path, planted.text);
      planted = null;
    },
    async compile() {
      const compiler = join('node_modules', 'typescript', 'bin', 'tsc');
      const { code, output } = await runner.node(folder, [compiler, '-p', 'tsconfig.sim.json']);
      return code === 0 ? null : output.trim();
    },
  };
}

export function occurrences(text: string, part: string): number {
  return text.split(part).length - 1;
}
