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
  /** Whether a key that Stripe refuses is asked about again later, if the account is configured. */
  readonly mayBeRefused: boolean;
  readonly timeoutMs: number;
}

export interface Account {
  readonly id: string;
  /** Whether Stripe was asked and did not answer. Then `account-check.ts` asks again before anything else is sent. */
  readonly isUnchecked: boolean;
}

/**
 * The account's id. Stripe is asked if the key may ask. Rejects with TypeError if the configured account is wrong or missing, and with
 * Error if it is not configured and Stripe does not answer.
 */
export async function accountOf({
  wire,
  key,
  account,
  mayBeRefused,
  timeoutMs,
}: AccountQuestion): Promise<Account> {
  if (account !== undefined && !ACCOUNT.test(account)) {
    throw new TypeError('The account of Stripe must be an id such as acct_1A2b3C.');
  }
  if (key.restricted) {
    // It can never be asked.
    if (account !== undefined) return { id: account, isUnchecked: false };
    throw new TypeError(
      'A restricted key of Stripe cannot ask which account it belongs to. Give the account’s id (acct_…); the dashboard shows it in the settings of the account.',
    );
  }
  const answer = await askWhose(wire, timeoutMs);
  switch (answer.kind) {
    case 'account':
      if (account === undefined || account === answer.id) return { id: answer.id, isUnchecked: false };
      throw new TypeError(otherAccount(answer.id, account));
    case 'refused':
      if (account !== undefined && mayBeRefused) return { id: account, isUnchecked: true };
      throw new TypeError(
        'Stripe refuses the secret key. Check that it is complete and has not been revoked.',
      );
    case 'none':
      // The account was given, so Stripe need not be up for the start.
      if (account !== undefined) return { id: account, isUnchecked: true };
      throw new Error(
        `Stripe did not say which account the secret key belongs to (${answer.reason}). Start again when it answers, or give the account’s id (acct_…).`,
      );
  }
}

export function otherAccount(id: string, given: string): string {
  return `The secret key of Stripe belongs to ${id}, and the account that was given is ${given}. Correct one of the two.`;
}

/** What Stripe says about whose the key is. `refused`: it refuses the key. `none`: no answer that names an account. */
export type Whose =
  | { readonly kind: 'account'; readonly id: string }
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'none'; readonly reason: string };

/** Never rejects. */
export async function askWhose(wire: Wire, timeoutMs: number): Promise<Whose> {
  const result = await wire.askUndated(retrieveAccount(), { timeoutMs });
  const reading = read(result, null, Date.now());
  switch (reading.kind) {
    case 'object': {
      const { id } = reading.object;
      return typeof id === 'string' && ACCOUNT.test(id)
        ? { kind: 'account', id }
        : { kind: 'none', reason: 'unparseable_answer' };
    }
    case 'error': {
      const { status } = reading.error;
      return { kind: [401, 403].includes(status) ? 'refused' : 'none', reason: `http_${status}` };
    }
    default:
      return { kind: 'none', reason: reading.reason };
  }
}
