/** What a secret key says about itself. Its text is never repeated: it may stand in a log. */

export interface SecretKey {
  readonly text: string;
  readonly livemode: boolean;
  /** A restricted key may do only what it was made for. Stripe does not tell it which account it belongs to. */
  readonly restricted: boolean;
}

const SECRET_KEY = /^(sk|rk)_(live|test)_[A-Za-z0-9_]+$/;

/** Throws TypeError if it is no secret key of one account. */
export function parseSecretKey(text: string): SecretKey {
  const match = SECRET_KEY.exec(text);
  if (match === null) {
    throw new TypeError(
      'The secret key of Stripe must begin with sk_live_, sk_test_, rk_live_ or rk_test_. Take it from the API keys of your account. A publishable key (pk_…) or a key of an organisation (sk_org_…) does not work.',
    );
  }
  return { text, livemode: match[2] === 'live', restricted: match[1] === 'rk' };
}
