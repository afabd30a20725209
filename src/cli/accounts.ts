/** `payonce accounts …` */
import type { Account, KeyBooks } from '../ports/access.ts';
import { accountFields, accountTable, type Output } from './printing.ts';

export interface Asking {
  readonly books: KeyBooks;
  readonly output: Output;
  /** Prints JSON. */
  readonly json: boolean;
}

export async function createAccount({ books, output, json }: Asking, accountId: string): Promise<void> {
  if ((await books.createAccount(accountId)) === 'exists') {
    throw new Error(`The account ${accountId} exists already. Nothing was changed.`);
  }
  await show({ books, output, json }, accountId);
  output.say(`Give it a key: payonce keys create --account ${JSON.stringify(accountId)} --scopes …\n`);
}

export async function listAccounts({ books, output, json }: Asking): Promise<void> {
  const accounts = await books.accounts();
  output.out(json ? jsonOf(accounts.map(accountFields)) : accountTable(accounts));
}

export async function showAccount(asking: Asking, accountId: string): Promise<void> {
  await show(asking, accountId);
}

/** Its keys stop working, or work again, within a few seconds. */
export async function disableAccount(
  { books, output, json }: Asking,
  accountId: string,
  disabled: boolean,
): Promise<void> {
  const account = found(await books.setDisabled(accountId, disabled), accountId);
  output.out(json ? jsonOf(accountFields(account)) : accountTable([account]));
  output.say(
    disabled
      ? 'Its keys stop working within 5 seconds. What was accepted before is brought to its end.\n'
      : 'Its keys work again within 5 seconds.\n',
  );
}

async function show({ books, output, json }: Asking, accountId: string): Promise<void> {
  const account = found(await books.account(accountId), accountId);
  output.out(json ? jsonOf(accountFields(account)) : accountTable([account]));
}

function found(account: Account | null, accountId: string): Account {
  if (account !== null) return account;
  throw new Error(
    `There is no account ${accountId}. Nothing was changed. Make it first: payonce accounts create ${accountId}`,
  );
}

export function jsonOf(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
