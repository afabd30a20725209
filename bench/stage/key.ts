/** An API key of a service that is measured, made as its users make it. */
import { join } from 'node:path';
import type { Programs } from './programs.ts';

export async function makeKey(
  programs: Programs,
  { root, databaseUrl }: { readonly root: string; readonly databaseUrl: string },
): Promise<string> {
  const { program, ready: key } = await programs.start({
    name: 'the command for keys',
    args: [join(root, 'dist', 'cli.js'), 'keys', 'create', '--mode', 'test', '--scopes', 'payments:write'],
    env: { DATABASE_URL: databaseUrl },
    ready: (said) => /^(po_test_\S+)\n/m.exec(said)?.[1] ?? null,
  });
  await program.exited;
  return key;
}
