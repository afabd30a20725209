/** The commands for accounts and API keys: their words, and what they take. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { DEFAULT_ACCOUNT } from '../domain/fields.ts';
import { isUuid } from '../domain/ids.ts';
import { accountIdComplaint } from '../domain/order-rules.ts';
import { isScope, SCOPES, type Scope } from '../domain/scopes.ts';
import { type Asking, createAccount, disableAccount, listAccounts, showAccount } from './accounts.ts';
import { durationMs } from './duration.ts';
import { createKey, listKeys, revokeKey, rotateKey } from './keys.ts';
import { withBooks } from './with-books.ts';
import { WrongUse } from './wrong-use.ts';

interface KeyFlags {
  readonly account: string;
  readonly scopes: readonly Scope[];
  readonly mode?: 'live' | 'test';
  readonly name?: string;
  readonly expiresIn?: number;
  readonly perSecond?: number;
}

export function addAccessCommands(program: Command): void {
  addAccounts(
    program
      .command('accounts')
      .description('accounts of this service, each with payments and keys of its own'),
  );
  addKeys(program.command('keys').description('API keys; each belongs to one account'));
}

function addAccounts(accounts: Command): void {
  const named = (name: string, description: string, work: (asking: Asking, id: string) => Promise<void>) =>
    asJson(
      accounts.command(name).description(description).argument('<account>', 'its id', accountId),
      (asking, [id]) => work(asking, String(id)),
    );
  named('create', 'make an account; payments that the library made for it belong to it', createAccount);
  asJson(accounts.command('list').description('show all accounts'), listAccounts);
  named('show', 'show one account', showAccount);
  named('disable', 'let none of its keys work', (asking, id) => disableAccount(asking, id, true));
  named('enable', 'let its keys work again', (asking, id) => disableAccount(asking, id, false));
}

function addKeys(keys: Command): void {
  const create = keys
    .command('create')
    .description('make a key, and print it once, to standard output')
    .option('--account <account>', 'whose payments it is for', accountId, DEFAULT_ACCOUNT)
    .requiredOption('--scopes <scopes>', `what it may do, with commas between: ${SCOPES.join(', ')}`, scopes)
    .addOption(
      new Option('--mode <mode>', 'for real money, or not; default: that of the database').choices([
        'live',
        'test',
      ]),
    )
    .option('--name <name>', 'what it is for, up to 100 characters', keyName)
    .option('--expires-in <time>', 'how long it works, such as 90d or 12h; default: for ever', lifetime)
    .option('--per-second <n>', 'requests per second, in each process; default: no limit', perSecond);
  asJson(create, (asking, _words, flags: KeyFlags) =>
    createKey(asking, {
      account: flags.account,
      scopes: flags.scopes,
      mode: flags.mode,
      name: flags.name ?? null,
      expiresInMs: flags.expiresIn ?? null,
      perSecond: flags.perSecond ?? null,
    }),
  );
  const list = keys.command('list').description('show all keys, but not the keys themselves');
  asJson(
    list.option('--account <account>', 'of this account only', accountId),
    (asking, _words, flags: Partial<KeyFlags>) => listKeys(asking, flags.account ?? null),
  );
  const rotate = keys
    .command('rotate')
    .description('make a new key with the same rights, and end the old one after the overlap')
    .argument('<key-id>', 'its id', keyId)
    .addOption(
      new Option('--overlap <time>', 'how long the old key still works, such as 90m; 0s: not at all')
        .argParser(duration)
        .default(86_400_000, '24h'),
    );
  asJson(rotate, (asking, [id], { overlap: overlapMs }: { readonly overlap: number }) =>
    rotateKey(asking, { keyId: String(id), overlapMs }),
  );
  const revoke = keys.command('revoke').description('end a key now, for good');
  asJson(revoke.argument('<key-id>', 'its id', keyId), (asking, [id]) => revokeKey(asking, String(id)));
}

/** Adds `--json`, and what the command does with the database. */
function asJson<Flags>(
  command: Command,
  work: (asking: Asking, words: readonly unknown[], flags: Flags) => Promise<void>,
): void {
  command.option('--json', 'print JSON').action(async (...given: unknown[]) => {
    // Commander gives the arguments, then the options, then the command.
    const words = given.slice(0, -2);
    const flags = given.at(-2) as Flags & { readonly json?: boolean };
    const output = {
      out: (text: string) => void process.stdout.write(text),
      say: (text: string) => void process.stderr.write(text),
    };
    const mayMake = command.name() === 'create';
    await withBooks({ say: output.say, mayMake }, (books) =>
      work({ books, output, json: flags.json === true }, words, flags),
    );
  });
}

function accountId(text: string): string {
  const complaint = accountIdComplaint(text);
  if (complaint !== null) throw new InvalidArgumentError(`It ${complaint.detail}.`);
  if (hasControl(text)) throw new InvalidArgumentError('It must hold no control characters.');
  return text;
}

function keyName(text: string): string {
  if (text === '' || text.length > 100 || hasControl(text)) {
    throw new InvalidArgumentError('It must be 1 to 100 characters, and no control characters.');
  }
  return text;
}

function hasControl(text: string): boolean {
  return /\p{Cc}/u.test(text);
}

function scopes(text: string): readonly Scope[] {
  const names = [...new Set(text.split(','))];
  if (names.every(isScope)) return names;
  throw new InvalidArgumentError(`They are ${SCOPES.join(', ')}, with commas between.`);
}

function keyId(text: string): string {
  const id = text.toLowerCase();
  if (isUuid(id)) return id;
  throw new WrongUse(
    'Nothing was changed. A key is named by its id, and not by itself: "payonce keys list" shows the ids.',
  );
}

function duration(text: string): number {
  const ms = durationMs(text);
  if (ms === null)
    throw new InvalidArgumentError('It must be a time such as 90d, 24h, 30m or 45s, at most ten years.');
  return ms;
}

function lifetime(text: string): number {
  const ms = duration(text);
  if (ms === 0) throw new InvalidArgumentError('It must be longer than nothing.');
  return ms;
}

function perSecond(text: string): number {
  const value = /^[1-9]\d{0,6}$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isNaN(value)) throw new InvalidArgumentError('It must be a whole number from 1 to 9999999.');
  return value;
}
