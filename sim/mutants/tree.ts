/**
 * A copy of the project in which a bug can be planted: the sources, the simulations and the tests, compiled into
 * itself. The installed packages are shared with the original, which is only ever read.
 */
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Patch } from './bug.ts';
import { findPlace, sourcesIn } from './fragment.ts';
import type { Runner } from './runner.ts';

const COPIED = [
  'src',
  'packages',
  'sim',
  'test',
  // Tests use them.
  'examples',
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
  /** Throws if the place is not certain. Says how it was found if the code is no longer as the patch has it. */
  plant(patch: Patch): string | null;
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
  const sources = sourcesIn(folder);
  let planted: { readonly path: string; readonly text: string } | null = null;
  return {
    folder,
    plant(patch) {
      if (planted !== null) throw new Error('One bug at a time: the last one is still planted.');
      const { file, start, end, put, note } = findPlace(patch, sources);
      const path = join(folder, file);
      const text = sources.read(file);
      writeFileSync(path, text.slice(0, start) + put + text.slice(end));
      planted = { path, text };
      return note;
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
