/** The bank's page in 3-D Secure: two buttons, for a person or a test. */
import { clientSecretOf } from './objects.ts';

export function page(intentId: string, amount: string): string {
  const action = `?client_secret=${encodeURIComponent(clientSecretOf(intentId))}`;
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>3-D Secure at the fake gateway</title>
<h1>Is it you who pays ${amount}?</h1>
<p>This is the page of a bank that does not exist. No real money moves.</p>
<form method="post" action="${action}">
<button name="result" value="succeeded">Yes, go on</button>
<button name="result" value="failed">No, fail</button>
</form>
</html>
`;
}

export const DONE_PAGE = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Done</title>
<p>Done. You can close this page.</p>
</html>
`;

/** Where the customer comes back to. Stripe tells the merchant's page how it ended. */
export function wayBack(returnUrl: string, intentId: string, result: string): string {
  const url = new URL(returnUrl);
  url.searchParams.set('payment_intent', intentId);
  url.searchParams.set('payment_intent_client_secret', clientSecretOf(intentId));
  url.searchParams.set('redirect_status', result);
  return url.href;
}
