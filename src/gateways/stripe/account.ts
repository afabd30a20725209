/** Which account a key belongs to. It is part of the stored name, so that a charge is never looked up in another account. */
import { read } from './answer.ts';
import { retrieveAccount } from './requests.ts';
import type { SecretKey } from './secret-key.ts';
import type { Wire } from './wire.ts';

const ACCOUNT = /^acct_[A-Za-z0-9]{1,50}$/;

export interface AccountQuestion {
  readonly wire: Wire;
  readonly key: SecretKey;
  /** As configured. Undefined: it is not. */
  readonly account: string | undefined;
  readonly timeoutMs: number;
}

/**
 * The account's id. Stripe is asked if the key may ask. Rejects with TypeError if the configured account is wrong or missing, and with
 * Error if it is not configured and Stripe does not answer.
 */
export async function accountOf({ wire, key, account, timeoutMs }: AccountQuestion): Promise<string> {
  if (account !== undefined && !ACCOUNT.test(account)) {
    throw new TypeError('The account of Stripe must be an id such as acct_1A2b3C.');
  }
  if (key.restricted) {
    if (account !== undefined) return account;
    throw new TypeError(
      'A restricted key of Stripe cannot ask which account it belongs to. Give the account’s id (acct_…); the dashboard shows it in the settings of the account.',
    );
  }
  const { result } = await wire.ask(retrieveAccount(), { timeoutMs });
  const reading = read(result, null, Date.now());
  const id = reading.kind === 'object' ? reading.object.id : undefined;
  if (typeof id === 'string' && ACCOUNT.test(id)) {
    if (account === undefined || account === id) return id;
    throw new TypeError(
      `The secret key of Stripe belongs to ${id}, and the account that was given is ${account}. Correct one of the two.`,
    );
  }
  if (reading.kind === 'error' && [401, 403].includes(reading.error.status)) {
    throw new TypeError('Stripe refuses the secret key. Check that it is complete and has not been revoked.');
  }
  // The account was given, so Stripe need not be up for the start.
  if (account !== undefined) return account;
  const reason =
    reading.kind === 'error'
      ? `http_${reading.error.status}`
      : 'reason' in reading
        ? reading.reason
        : 'unparseable_answer';
  throw new Error(
    `Stripe did not say which account the secret key belongs to (${reason}). Start again when it answers, or give the account’s id (acct_…).`,
  );
}
