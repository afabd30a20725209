/** What a consumer gets: the files of the package, the links in its pages, and dependencies that run on the Node that we name. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { satisfies } from 'semver';
import { expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const read = (path: string): string => readFileSync(`${ROOT}${path}`, 'utf8');
const manifest = JSON.parse(read('package.json')) as Record<string, unknown>;

/** The oldest Node that `engines` allows. */
const OLDEST_NODE = '20.19.0';

const [packed] = JSON.parse(
  execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: ROOT,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  }),
) as { files: { path: string }[] }[];
const files = new Set(packed?.files.map(({ path }) => path));
/** A link may name a folder, too. */
const places = new Set([...files].flatMap((path) => [path, ...foldersOf(path)]));

function foldersOf(path: string): string[] {
  const parts = path.split('/');
  return parts.slice(1).map((_part, index) => parts.slice(0, index + 1).join('/'));
}

/** Their links lead to the tests that they name, which are in the repository only. */
const OF_THE_REPOSITORY = ['docs/faults.md', 'docs/promise.md'];
const pages = [...files].filter((path) => path.endsWith('.md') && !OF_THE_REPOSITORY.includes(path));

it('the package has what its manifest names', () => {
  const entries = JSON.stringify([manifest.bin, manifest.exports]).match(/dist\/[^"]+/g) ?? [];
  expect(entries.length).toBeGreaterThan(5);
  expect(entries.filter((path) => !files.has(path))).toEqual([]);
});

it('the package has nothing that leads to places in this clone', () => {
  expect([...files].filter((path) => path.includes('node_modules') || path.startsWith('packages/'))).toEqual(
    [],
  );
});

it.each(['embedded-postgres', 'mcp'])(
  'names the package %s of this clone, and does not install it',
  (folder) => {
    const part = JSON.parse(read(`packages/${folder}/package.json`)) as Record<string, string>;
    const name = part.name ?? '';
    const range = (manifest.peerDependencies as Record<string, string>)[name];
    expect(satisfies(part.version ?? '', range ?? '')).toBe(true);
    expect((manifest.peerDependenciesMeta as Record<string, unknown>)[name]).toEqual({ optional: true });
    expect(part.engines).toEqual(manifest.engines);
  },
);

it('the tools for agents name this package', () => {
  const { peerDependencies } = JSON.parse(read('packages/mcp/package.json')) as Record<
    string,
    Record<string, string>
  >;
  expect(satisfies(String(manifest.version), peerDependencies?.payonce ?? '')).toBe(true);
});

it('every relative link in its pages leads to one of its files', () => {
  expect(pages).toContain('README.md');
  const broken = pages.flatMap((page) =>
    [...read(page).matchAll(/\]\(([^)\s]+)\)/g)]
      .map(([, link = '']) => link)
      .filter((link) => !/^(#|https?:)/.test(link))
      .map((link) => posix.join(posix.dirname(page), link.split('#')[0] ?? '').replace(/\/$/, ''))
      .filter((path) => !places.has(path))
      .map((path) => `${page}: ${path}`),
  );
  expect(broken).toEqual([]);
});

it('its pages never let npx download a package of our name', () => {
  const fetching = [...files]
    .filter((path) => path.endsWith('.md') || path.startsWith('examples/'))
    .filter((path) => /npx (?!--no )[^\n]*payonce/.test(read(path)));
  expect(fetching).toEqual([]);
});

interface Locked {
  readonly dev?: boolean;
  readonly engines?: { readonly node?: string };
}

it('every package that a consumer installs runs on the oldest Node that we name', () => {
  expect(manifest.engines).toEqual({ node: `>=${OLDEST_NODE.replace(/\.0$/, '')}` });
  const { packages } = JSON.parse(read('package-lock.json')) as { packages: Record<string, Locked> };
  const installed = Object.entries(packages).filter(([path, { dev }]) => path !== '' && dev !== true);
  expect(installed.length).toBeGreaterThan(30);
  const tooNew = installed.filter(([, { engines }]) => !satisfies(OLDEST_NODE, engines?.node ?? '*'));
  expect(tooNew.map(([path, { engines }]) => `${path}: ${engines?.node}`)).toEqual([]);
});

it('no version is overridden: a consumer would get another one', () => {
  // So light-my-request is a dependency of our own, though only fastify uses it: its newer versions need Node 22.
  expect(manifest.overrides).toBeUndefined();
});
