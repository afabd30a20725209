/** How accounts and keys are shown: as tables for people, and as JSON for programs. */
import type { Account, StoredKey } from '../ports/access.ts';

/** Where a command writes. */
export interface Output {
  /** What the command was run for. */
  out(text: string): void;
  /** Words beside it, for a person. */
  say(text: string): void;
}

export function accountFields({ accountId, createdAtMs, disabledAtMs, keys }: Account): object {
  return {
    account_id: accountId,
    created_at: timeOf(createdAtMs),
    disabled_at: timeOf(disabledAtMs),
    active_keys: keys,
  };
}

export function keyFields(key: StoredKey): object {
  return {
    key_id: key.keyId,
    account_id: key.accountId,
    name: key.name,
    mode: modeOf(key),
    last_four: key.lastFour,
    scopes: key.scopes,
    per_second: key.perSecond,
    state: key.state,
    created_at: timeOf(key.createdAtMs),
    expires_at: timeOf(key.expiresAtMs),
    revoked_at: timeOf(key.revokedAtMs),
    replaced_by: key.replacedBy,
  };
}

export function accountTable(accounts: readonly Account[]): string {
  const rows = accounts.map(({ accountId, createdAtMs, disabledAtMs, keys }) => [
    accountId,
    disabledAtMs === null ? 'active' : `disabled since ${timeOf(disabledAtMs)}`,
    String(keys),
    timeOf(createdAtMs) ?? '',
  ]);
  return table([['account', 'state', 'active keys', 'created'], ...rows]);
}

export function keyTable(keys: readonly StoredKey[]): string {
  const rows = keys.map((key) => [
    key.keyId,
    key.accountId,
    modeOf(key),
    `…${key.lastFour}`,
    stateOf(key),
    key.scopes.join(','),
    key.name ?? '',
  ]);
  return table([['key', 'account', 'mode', 'ends in', 'state', 'scopes', 'name'], ...rows]);
}

/** One line about a key. */
export function described(key: StoredKey): string {
  return `key ${key.keyId} (…${key.lastFour}, ${modeOf(key)}) of the account ${key.accountId}`;
}

function stateOf({ state, expiresAtMs, replacedBy }: StoredKey): string {
  const until = state === 'active' && expiresAtMs !== null ? ` until ${timeOf(expiresAtMs)}` : '';
  return `${state}${until}${replacedBy === null ? '' : ', rotated'}`;
}

export function modeOf({ livemode }: Pick<StoredKey, 'livemode'>): 'live' | 'test' {
  return livemode ? 'live' : 'test';
}

function timeOf(ms: number): string;
function timeOf(ms: number | null): string | null;
function timeOf(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}

function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_cell, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  return `${rows.map(line).join('\n')}\n`;
}
