/** `payonce keys …` */
import { type ApiKey, apiKeyHash, lastFourOf, makeApiKey } from '../domain/api-keys.ts';
import { uuidV7 } from '../domain/ids.ts';
import type { Scope } from '../domain/scopes.ts';
import type { NewKey, StoredKey } from '../ports/access.ts';
import { systemClock } from '../system/clock.ts';
import { systemRandom } from '../system/random.ts';
import { type Asking, jsonOf } from './accounts.ts';
import { described, keyFields, keyTable, modeOf } from './printing.ts';

export interface KeyWanted {
  readonly account: string;
  readonly scopes: readonly Scope[];
  /** Undefined: that of the database. */
  readonly mode: 'live' | 'test' | undefined;
  readonly name: string | null;
  readonly expiresInMs: number | null;
  readonly perSecond: number | null;
}

export async function createKey(asking: Asking, wanted: KeyWanted): Promise<void> {
  const { books } = asking;
  const livemode = decidedMode(wanted.mode, await books.livemode());
  const { key, stored } = newKey(livemode);
  const { account: accountId, scopes, name, perSecond, expiresInMs: lifetimeMs } = wanted;
  const made = await books.createKey({ ...stored, accountId, livemode, scopes, name, perSecond, lifetimeMs });
  if (made === null) {
    throw new Error(
      `There is no account ${accountId}, so no key was made. Make the account first: payonce accounts create ${accountId}`,
    );
  }
  printNew(asking, key, made);
  if ((await books.keys(null)).length === 1) {
    asking.output.say('It is the first one. Within 5 seconds, each request needs a key.\n');
  }
}

export async function listKeys({ books, output, json }: Asking, account: string | null): Promise<void> {
  const keys = await books.keys(account);
  output.out(json ? jsonOf(keys.map(keyFields)) : keyTable(keys));
}

export interface RotationWanted {
  readonly keyId: string;
  /** How long the old key still works, in milliseconds. */
  readonly overlapMs: number;
}

export async function rotateKey(asking: Asking, { keyId, overlapMs }: RotationWanted): Promise<void> {
  const { books, output } = asking;
  const old = await books.key(keyId);
  if (old === null) throw noSuchKey(keyId);
  const { key, stored } = newKey(old.livemode);
  const made = await books.rotateKey({ ...stored, oldKeyId: keyId, overlapMs });
  if (made === null) throw notRotated((await books.key(keyId)) ?? old);
  printNew(asking, key, made);
  output.say(
    overlapMs === 0
      ? `The old one, ${described(old)}, stops working within 5 seconds.\n`
      : `The old one, ${described(old)}, works until ${new Date(await endOf(asking, keyId)).toISOString()}.\n`,
  );
}

export async function revokeKey({ books, output, json }: Asking, keyId: string): Promise<void> {
  const key = await books.revokeKey(keyId);
  if (key === null) throw noSuchKey(keyId);
  output.out(json ? jsonOf(keyFields(key)) : keyTable([key]));
  output.say('It stops working within 5 seconds, for good.\n');
}

/** The mode that is asked for, if the database may hold such payments. */
function decidedMode(asked: KeyWanted['mode'], stored: boolean | null): boolean {
  if (asked === undefined) {
    if (stored !== null) return stored;
    throw new Error(
      'No key was made: nothing says yet whether this database is for real money. Say it: --mode live or --mode test.',
    );
  }
  const livemode = asked === 'live';
  if (stored !== null && stored !== livemode) {
    throw new Error(
      `No key was made: this database is for ${stored ? 'real' : 'test'} payments, so a key of the mode ${asked} would always be refused. ` +
        `Use --mode ${modeOf({ livemode: stored })}, or the other database.`,
    );
  }
  return livemode;
}

function newKey(livemode: boolean): { readonly key: ApiKey; readonly stored: NewKey } {
  const key = makeApiKey(livemode, systemRandom.hex128());
  const keyId = uuidV7(systemClock.wallMs(), systemRandom.hex128());
  return { key, stored: { keyId, hash: apiKeyHash(key.text), lastFour: lastFourOf(key) } };
}

/** The key goes to standard output and nowhere else. */
function printNew({ output, json }: Asking, { text }: ApiKey, stored: StoredKey): void {
  output.out(json ? jsonOf({ key: text, ...keyFields(stored) }) : `${text}\n`);
  output.say(
    `This is ${described(stored)}, with the scopes ${stored.scopes.join(', ')}. It is shown only now.\n`,
  );
}

async function endOf({ books }: Asking, keyId: string): Promise<number> {
  return (await books.key(keyId))?.expiresAtMs ?? systemClock.wallMs();
}

function noSuchKey(keyId: string): Error {
  return new Error(`There is no key ${keyId}. Nothing was changed. "payonce keys list" shows them.`);
}

function notRotated(old: StoredKey): Error {
  const why =
    old.replacedBy === null
      ? `it is ${old.state}. Make a new one: payonce keys create`
      : `it was rotated before, to ${old.replacedBy}. Rotate that one, or make a new one`;
  return new Error(`No key was made from ${described(old)}: ${why}.`);
}
