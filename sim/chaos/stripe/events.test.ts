/** A way of events to a receiver that takes all of them, to one that refuses all, and to one that tells the forged ones apart. */
import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { openEventWay } from './events.ts';
import { EVENT_SECRET } from './settings.ts';

const EVENTS = 60;

function sign(body: string, atS: number): string {
  return createHmac('sha256', EVENT_SECRET).update(`${atS}.${body}`).digest('hex');
}

/** Whether the emulator signed it, and just now. */
function isReal(body: string, header: string): boolean {
  const [, atS = '', hex = ''] = /^t=(\d+),v1=(\w+)$/.exec(header) ?? [];
  return hex === sign(body, Number(atS)) && Math.abs(Date.now() / 1000 - Number(atS)) < 300;
}

/** What the way has found after some events, to a receiver that answers like this. */
async function findingsAt(answer: (isReal: boolean) => number) {
  const receiver = createServer((request, response) => {
    void buffer(request).then((body) =>
      response.writeHead(answer(isReal(String(body), String(request.headers['stripe-signature'])))).end(),
    );
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;
  const way = await openEventWay({ seed: 7, replicas: () => [url] });
  onTestFinished(async () => {
    await way.close();
    receiver.closeAllConnections();
    receiver.close();
  });
  const atS = Math.floor(Date.now() / 1000);
  for (let n = 0; n < EVENTS; n += 1) {
    const body = `{"id":"evt_${n}"}`;
    const headers = { 'stripe-signature': `t=${atS},v1=${sign(body, atS)}` };
    await fetch(way.url, { method: 'POST', headers, body });
  }
  await way.stop();
  return way;
}

test('to a receiver that tells them apart, nothing is found', async () => {
  const { findings, counts } = await findingsAt((real) => (real ? 204 : 400));
  expect(findings).toEqual([]);
  for (const what of ['taken', 'forged', 'lost'])
    expect([what, counts.get(what) ?? 0]).not.toEqual([what, 0]);
});

test('a forged event that is taken is found', async () => {
  const { findings, counts } = await findingsAt(() => 204);
  expect(findings.length).toBe(counts.get('forged'));
  expect(findings[0]?.what).toMatch(/^a forged event/);
});

test('a real event that is refused is found, and one that cannot be taken now is not', async () => {
  expect((await findingsAt(() => 400)).findings[0]?.what).toMatch(/^a real event was answered 400/);
  expect((await findingsAt((real) => (real ? 503 : 400))).findings).toEqual([]);
});
