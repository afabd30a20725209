/** The pages of the reference in a real browser. Without a browser on this machine this is skipped. */
import { expect, onTestFinished, test } from 'vitest';
import { openEmptyDatabase } from '../postgres/world.ts';
import { CHROMIUM, openBrowser } from '../support/browser.ts';
import { until } from '../support/until.ts';
import { FAST, startService } from './support/service.ts';

test.skipIf(CHROMIUM === undefined)(
  'the reference and a problem can be read, and ask no other host',
  async () => {
    const { url: DATABASE_URL } = await openEmptyDatabase();
    const service = await startService({ ...FAST, DATABASE_URL, GATEWAY: 'fake' });
    onTestFinished(() => service.kill());
    const open = await openBrowser();
    const page = await open(`${service.url}/reference`);
    const text = () => page.run('document.body.innerText').then(String);
    await until('the reference', async () => (await text()).includes('POST /v1/payments'));
    expect(await text()).toContain('"order_id": "ORD123"');

    // A reader follows a problem to its page.
    expect(await page.run(`document.querySelector('a[href="/problems/order_conflict"]').click(), true`)).toBe(
      true,
    );
    await until('the page of the problem', async () => (await text()).includes('order_conflict'));
    expect(await page.run('location.pathname')).toBe('/problems/order_conflict');
    const hosts = [...page.traffic().matchAll(/"url":"([^"]+)"/g)].map(
      ([, each]) => new URL(String(each)).host,
    );
    expect(new Set(hosts)).toEqual(new Set([new URL(service.url).host]));
  },
);
