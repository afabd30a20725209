/** API keys. Only test keys: no real money moves here. */
import { StripeError } from './errors.ts';
import { invalidKey } from './wires.ts';

/**
 * Checks the key in an `Authorization` header, as a bearer's or as the name of basic authentication.
 *
 * @param only the one key that is accepted; null: every test key.
 * @throws StripeError 401 if it is no such key.
 */
export function checkKey(header: string | undefined, only: string | null): string {
  const key = keyIn(header);
  if (key === '') {
    throw new StripeError(401, {
      type: 'invalid_request_error',
      message:
        "You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY').",
    });
  }
  if (/^[sr]k_live_/.test(key)) {
    throw new StripeError(401, {
      type: 'invalid_request_error',
      message:
        'This is the fake gateway, and it takes only test keys such as sk_test_… . Never send a live key here.',
    });
  }
  if (!/^[sr]k_test_\w+$/.test(key) || (only !== null && key.startsWith('sk_') && key !== only)) {
    throw new StripeError(401, invalidKey(key));
  }
  return key;
}

/** @throws StripeError 403 for a restricted key: it may not read the account. */
export function refuseRestricted(key: string): void {
  if (!key.startsWith('rk_')) return;
  throw new StripeError(403, {
    type: 'invalid_request_error',
    message: `The provided key '${key.slice(0, 8)}****' does not have the required permissions for this endpoint. Having the 'rak_accounts_kyc_basic_read' permission would allow this request to continue.`,
  });
}

function keyIn(header = ''): string {
  const [, scheme = '', value = ''] = /^(bearer|basic) +(.*)$/i.exec(header) ?? [];
  if (scheme.toLowerCase() === 'bearer') return value.trim();
  return Buffer.from(value, 'base64').toString('utf8').split(':')[0] ?? '';
}
