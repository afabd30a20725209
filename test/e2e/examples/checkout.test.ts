/** The pages of `examples/checkout` in a real browser, with the fake Stripe. Without a browser on this machine they are skipped. */
import { expect, test } from 'vitest';
import { CHROMIUM, openBrowser, type Page } from '../../support/browser.ts';
import { until } from '../../support/until.ts';
import { addressOf, run } from './program.ts';
import { openWorld, stripe, type World } from './world.ts';

const SERVER = 'examples/checkout/server.mjs';

if (CHROMIUM === undefined)
  process.stdout.write(
    'No chromium here: the pages of examples/checkout are not tested. Install it, or set CHROMIUM.\n',
  );

/** Waits until the page says something that fits. */
async function says(page: Page, text: RegExp): Promise<void> {
  let last: unknown;
  await until(
    () => `the page to say ${text}; it says: ${String(last)}`,
    async () => {
      last = await page.run('document.body.innerText');
      return text.test(String(last));
    },
  );
}

async function payWith(page: Page, method: string): Promise<void> {
  const form = "document.querySelector('form')";
  await until('the form', () => page.run(`${form}?.querySelector('button').disabled === false`));
  await page.run(`${form}.querySelector('select').value = '${method}'; ${form}.requestSubmit()`);
}

/** Presses a button on the bank's page, once it is there. Before that the frame holds an empty document, which is complete too. */
async function answerBank(page: Page, result: 'succeeded' | 'failed'): Promise<void> {
  const button = `document.querySelector('[value=${result}]')`;
  const press = `document.readyState === 'complete' && ${button} !== null && (${button}.click(), true)`;
  await until('the page of the bank', () => page.run(press, 'frame'));
}

/** A key of the account, made with the command as an operator does. */
async function createKey({ databaseUrl }: World, scopes: string): Promise<string> {
  const args = ['dist/cli.js', 'keys', 'create', '--mode', 'test', '--scopes', scopes];
  const command = run(args, { DATABASE_URL: databaseUrl });
  expect(await command.ended, command.output()).toBe(0);
  return String(/po_test_\w+/.exec(command.output())?.[0]);
}

test.skipIf(CHROMIUM === undefined)(
  'a customer is declined, fails 3-D Secure, passes it, and has paid once',
  async () => {
    const world = await openWorld({ faults: {}, stripe: {} }, stripe);
    const shop = run([SERVER], {
      PAYONCE_URL: world.serviceUrl,
      FAKE_STRIPE: `${world.gatewayUrl}/stripe`,
      ORDER_ID: '3DS',
    });
    const page = await (await openBrowser())(await addressOf(shop));

    await payWith(page, 'pm_card_chargeDeclined');
    await says(page, /nothing was charged/);
    await payWith(page, 'pm_card_authenticationRequired');
    await answerBank(page, 'failed');
    await says(page, /nothing was charged/);
    expect(await world.charges('3DS')).toBe(0);

    await payWith(page, 'pm_card_authenticationRequired');
    await answerBank(page, 'succeeded');
    await says(page, /Paid\. Thank you!/);
    expect(await world.charges('3DS')).toBe(1);
  },
);

test.skipIf(CHROMIUM === undefined)('the client runs in a page, and no page has a key', async () => {
  const world = await openWorld({ faults: {}, stripe: {} }, stripe);
  const keys = [
    await createKey(world, 'payments:read,payments:write'),
    await createKey(world, 'payments:read'),
  ];
  const list = `${world.serviceUrl}/v1/payments`;
  await until('a key to be needed', async () => (await fetch(list)).status === 401);
  const shop = run([SERVER], {
    PAYONCE_URL: world.serviceUrl,
    PAYONCE_API_KEY: String(keys[0]),
    PAYONCE_READ_KEY: String(keys[1]),
    FAKE_STRIPE: `${world.gatewayUrl}/stripe`,
  });
  const checkoutUrl = await addressOf(shop);
  const open = await openBrowser();
  const checkout = await open(checkoutUrl);
  // Stripe charges, and hangs up.
  await payWith(checkout, 'pm_drop_after_once');
  await says(checkout, /Paid\. Thank you!/);
  expect(await world.charges('ORD1')).toBe(1);

  const staffUrl = new URL('staff.html', checkoutUrl).href;
  const staff = await open(staffUrl);
  await says(staff, /ORD1: COMPLETED\s+That is all\./);

  // Everything that the browser sent and got, and everything that the server would give to anyone who asks for the same.
  const traffic = staff.traffic();
  const addresses = [...traffic.matchAll(/"url":"(http:[^"]+)"/g)].map(([, url]) => String(url));
  expect(addresses.filter((url) => url.includes('/payonce/v1/payments'))).not.toEqual([]);
  const texts = await Promise.all([...new Set(addresses)].map(async (url) => (await fetch(url)).text()));
  for (const key of keys) expect([traffic, ...texts].join('\n')).not.toContain(key);

  // What changes something is not let through, whoever asks.
  for (const path of ['/payonce/v1/payments', '/payonce/v1/payments/x/refunds'])
    expect((await fetch(new URL(path, staffUrl), { method: 'POST' })).status).toBe(404);
  expect((await fetch(new URL('/payonce/v1/%2e%2e/metrics', staffUrl))).status).toBe(404);
});
