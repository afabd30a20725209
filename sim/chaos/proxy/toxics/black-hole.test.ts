import { afterEach, beforeEach, expect, test } from 'vitest';
import { openStretch, type Stretch } from '../testing.ts';
import type { Toxic } from '../toxic.ts';

let stretch: Stretch;

beforeEach(async () => {
  stretch = await openStretch();
});
afterEach(() => stretch.close());

const CALL = 'POST /charges HTTP/1.1\r\n';
const hole = (stream: 'upstream' | 'both' = 'upstream'): Toxic => ({
  kind: 'black_hole',
  stream,
  forMs: 900,
  kernelMs: 500,
});

/** Advances the clock from sleep to sleep until the black hole is over. */
async function outlast(): Promise<void> {
  for (const atMs of [500, 900]) {
    expect(await stretch.clock.sleeping()).toBe(atMs);
    stretch.clock.turnTo(atMs);
  }
}

test('holds the one connection on which a call is made, while the others live on', async () => {
  const { over } = await stretch.proxy.add(hole());
  const [idle, busy] = [await stretch.open(), await stretch.open()];
  busy.client.say(CALL);
  await stretch.clock.sleeping();
  idle.client.say(CALL);
  expect(await idle.server.heard(CALL.length)).toBe(CALL);
  busy.server.say('heard');
  expect(await busy.client.heard(5)).toBe('heard');
  expect(busy.server.pieces()).toBe(0);
  await outlast();
  await over;
  expect(await busy.server.heard(CALL.length)).toBe(CALL);
});

test('in both directions holds back what the server says, too', async () => {
  await stretch.proxy.add(hole('both'));
  const { client, server } = await stretch.open();
  client.say(CALL);
  await stretch.clock.sleeping();
  server.say('held');
  // When a later connection works, the held bytes would have arrived, too.
  const other = await stretch.open();
  other.server.say('free');
  expect(await other.client.heard(4)).toBe('free');
  expect(client.pieces()).toBe(0);
  await outlast();
  expect(await client.heard(4)).toBe('held');
});

test('after a FIN, what the client had sent arrives when the hole is over', async () => {
  await stretch.proxy.add(hole());
  const { client, server } = await stretch.open();
  client.say(CALL);
  await stretch.clock.sleeping();
  client.socket.destroy();
  await client.ended;
  await outlast();
  expect(await server.heard(CALL.length)).toBe(CALL);
  expect(await server.ended).toBe('closed');
});

test('after a RST it never arrives', async () => {
  await stretch.proxy.add(hole());
  const { client, server } = await stretch.open();
  client.say(CALL);
  await stretch.clock.sleeping();
  client.socket.resetAndDestroy();
  // When a later connection works, the reset has arrived.
  await stretch.open();
  await outlast();
  expect(await server.ended).toBe('reset');
  expect(server.pieces()).toBe(0);
});

test('what a client that was killed had sent arrives within the time of a kernel', async () => {
  stretch.disturb();
  await stretch.proxy.add(hole());
  const { client, server } = await stretch.open();
  client.say(CALL);
  expect(await stretch.clock.sleeping()).toBe(500);
  client.socket.destroy();
  stretch.clock.turnTo(500);
  expect(await server.heard(CALL.length)).toBe(CALL);
});

test('what befalls the network meanwhile does not end the connection before its bytes have arrived', async () => {
  await stretch.proxy.add(hole());
  const { client, server } = await stretch.open();
  client.say(CALL);
  await stretch.clock.sleeping();
  const down = await stretch.proxy.add({ kind: 'down' });
  await down.remove();
  await outlast();
  expect(await server.heard(CALL.length)).toBe(CALL);
  expect(await server.ended).toBe('closed');
});
