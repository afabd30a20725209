/** The address of the database, checked before anything connects: the driver reads a wrong one otherwise, or fails without advice. */

/** Those that the driver knows. It takes any other for `verify-full`. */
const SSL_MODES: readonly string[] = [
  'disable',
  'prefer',
  'require',
  'verify-ca',
  'verify-full',
  'no-verify',
];
const FILES = ['sslrootcert', 'sslcert', 'sslkey'] as const;

const ENCODED =
  'In its user and password, write # as %23, / as %2F, ? as %3F, @ as %40, : as %3A and % as %25.';

/**
 * What is wrong with the address and what to do: the rest of a paragraph that begins with the name of the setting. Null: nothing that can be
 * seen from here. Never repeats a part of the address: it may be the password.
 *
 * @param readError why a file cannot be read; null: it can
 */
export function databaseUrlProblem(text: string, readError: (file: string) => string | null): string | null {
  if (!/^postgres(?:ql)?:\/\//i.test(text)) {
    return 'must be a URL that starts with postgres:// or postgresql://, such as postgres://user:password@host:5432/name.';
  }
  if (!URL.canParse(text)) {
    return `is no valid URL. Check its host, and its port: a number up to 65535. ${ENCODED}`;
  }
  if (text.includes('#')) {
    return `has a #, and everything after it would be lost. If it belongs to the password, write it as %23. ${ENCODED}`;
  }
  const { searchParams } = new URL(text);
  const mode = searchParams.getAll('sslmode').at(-1);
  if (mode && !SSL_MODES.includes(mode)) {
    return `has an unknown sslmode. Set it to verify-full, or to another one of ${SSL_MODES.join(', ')}.`;
  }
  const unreadable = FILES.flatMap((name) => {
    const file = searchParams.getAll(name).at(-1);
    const code = file ? readError(file) : null;
    return code === null ? [] : [`${name} (${code})`];
  });
  if (unreadable.length === 0) return null;
  return `names a file that cannot be read: ${unreadable.join(', ')}. Correct its path, or let this user read it.`;
}
