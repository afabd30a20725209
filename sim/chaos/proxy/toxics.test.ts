import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createRandom } from '../random.ts';
import { type Opened, openStretch, type Stretch } from './testing.ts';
import type { Toxic } from './toxic.ts';
import { latency } from './toxics/latency.ts';

let stretch: Stretch;

beforeEach(async () => {
  stretch = await openStretch();
});
afterEach(() => stretch.close());

test('without a toxic everything gets through, both ways, and a close too', async () => {
  const { client, server } = await stretch.open();
  client.say('hello');
  expect(await server.heard(5)).toBe('hello');
  server.say('good day');
  expect(await client.heard(8)).toBe('good day');
  client.socket.end();
  expect(await server.ended).toBe('closed');
  expect(await client.ended).toBe('closed');
});

describe('latency', () => {
  test('holds a piece back for its time, and the other direction not at all', async () => {
    await stretch.proxy.add({ kind: 'latency', stream: 'upstream', latencyMs: 300, jitterMs: 0 });
    const { client, server } = await stretch.open();
    client.say('late');
    expect(await stretch.clock.sleeping()).toBe(300);
    server.say('early');
    expect(await client.heard(5)).toBe('early');
    expect(server.pieces()).toBe(0);
    stretch.clock.turnTo(300);
    expect(await server.heard(4)).toBe('late');
  });

  test('counts from the arrival: a stream becomes late, not slow', async () => {
    const { clock } = stretch;
    const tools = { clock, random: createRandom(1, 'test'), disturbed: () => false };
    const { pass } = latency({ latencyMs: 300, jitterMs: 0 }, tools);
    const passed: string[] = [];
    const victim = {
      close: () => {},
      reset: () => {},
      hungUp: () => null,
      hold: () => {},
      letGo: () => {},
      answer: () => {},
    };
    clock.turnTo(250);
    // It had to wait behind another piece until 250, and is due at 300 all the same.
    const done = pass?.(
      { bytes: Buffer.from('two'), stream: 'upstream', arrivedMs: 0 },
      async () => void passed.push('two'),
      victim,
    );
    expect(await clock.sleeping()).toBe(300);
    clock.turnTo(300);
    await done;
    expect(passed).toEqual(['two']);
  });

  test('varies by its jitter and no more', async () => {
    await stretch.proxy.add({ kind: 'latency', stream: 'upstream', latencyMs: 300, jitterMs: 50 });
    const { client } = await stretch.open();
    client.say('late');
    const wakesMs = await stretch.clock.sleeping();
    expect(wakesMs).toBeGreaterThanOrEqual(250);
    expect(wakesMs).toBeLessThanOrEqual(350);
  });

  test('what was on the line when its sender closed still arrives', async () => {
    await stretch.proxy.add({ kind: 'latency', stream: 'upstream', latencyMs: 300, jitterMs: 0 });
    const { client, server } = await stretch.open();
    client.say('last words');
    await stretch.clock.sleeping();
    client.socket.destroy();
    await client.ended;
    stretch.clock.turnTo(300);
    expect(await server.heard(10)).toBe('last words');
    expect(await server.ended).toBe('closed');
  });
});

describe('down', () => {
  test('closes open connections, refuses new ones, and takes them again at the same port', async () => {
    const { client } = await stretch.open();
    const down = await stretch.proxy.add({ kind: 'down' });
    expect(await client.ended).toBe('closed');
    expect(await stretch.knock()).toBe('ECONNREFUSED');
    await down.remove();
    expect(await stretch.knock()).toBe('connected');
  });

  test('twice at once is down until both are over', async () => {
    const first = await stretch.proxy.add({ kind: 'down' });
    const second = await stretch.proxy.add({ kind: 'down' });
    await first.remove();
    expect(await stretch.knock()).toBe('ECONNREFUSED');
    await second.remove();
    expect(await stretch.knock()).toBe('connected');
  });
});

test('bandwidth: what fits into a tenth of a second gets through in a tenth of a second', async () => {
  await stretch.proxy.add({ kind: 'bandwidth', stream: 'downstream', bytesPerSecond: 100 });
  const { client, server } = await stretch.open();
  server.say('0123456789abcdefghijklmno');
  expect(await stretch.clock.sleeping()).toBe(100);
  expect(client.pieces()).toBe(0);
  stretch.clock.turnTo(100);
  expect(await client.heard(10)).toBe('0123456789');
  expect(await stretch.clock.sleeping()).toBe(200);
  stretch.clock.turnTo(200);
  expect(await client.heard(20)).toBe('0123456789abcdefghij');
  expect(await stretch.clock.sleeping()).toBe(250);
  stretch.clock.turnTo(250);
  expect(await client.heard(25)).toBe('0123456789abcdefghijklmno');
});

test('slow_close: the bytes arrive, the close only after its delay', async () => {
  await stretch.proxy.add({ kind: 'slow_close', stream: 'upstream', delayMs: 500 });
  const { client, server } = await stretch.open();
  client.socket.end('bye');
  expect(await server.heard(3)).toBe('bye');
  expect(await stretch.clock.sleeping()).toBe(500);
  expect(server.socket.readableEnded).toBe(false);
  stretch.clock.turnTo(500);
  expect(await server.ended).toBe('closed');
});

describe('timeout', () => {
  test('loses all bytes of its direction, lets the other one through, and closes after its time', async () => {
    await stretch.proxy.add({ kind: 'timeout', stream: 'upstream', timeoutMs: 400 });
    const { client, server } = await stretch.open();
    client.say('lost');
    server.say('heard');
    expect(await client.heard(5)).toBe('heard');
    expect(await stretch.clock.sleeping()).toBe(400);
    stretch.clock.turnTo(400);
    expect(await client.ended).toBe('closed');
    await server.ended;
    expect(server.pieces()).toBe(0);
  });

  test('with 0 lasts until it is removed, and no connection outlives the hole in its stream', async () => {
    const { client, server } = await stretch.open();
    const loss = await stretch.proxy.add({ kind: 'timeout', stream: 'downstream', timeoutMs: 0 });
    server.say('lost');
    client.say('heard');
    expect(await server.heard(5)).toBe('heard');
    await loss.remove();
    await client.ended;
    expect(client.pieces()).toBe(0);
    const next = await stretch.open();
    next.server.say('again');
    expect(await next.client.heard(5)).toBe('again');
  });
});

describe('reset_peer', () => {
  test('resets at once what is open', async () => {
    const { client, server } = await stretch.open();
    client.say('hello');
    await server.heard(5);
    await stretch.proxy.add({ kind: 'reset_peer', stream: 'downstream', timeoutMs: 0 });
    expect(await client.ended).toBe('reset');
    expect(await server.ended).toBe('reset');
  });

  test('resets after its time', async () => {
    const { client, server } = await stretch.open();
    client.say('hello');
    await server.heard(5);
    await stretch.proxy.add({ kind: 'reset_peer', stream: 'upstream', timeoutMs: 100 });
    expect(await stretch.clock.sleeping()).toBe(100);
    expect(client.socket.destroyed).toBe(false);
    stretch.clock.turnTo(100);
    expect(await client.ended).toBe('reset');
  });
});

test('slicer: the same bytes in small bits, apart', async () => {
  await stretch.proxy.add({
    kind: 'slicer',
    stream: 'upstream',
    averageBytes: 3,
    variationBytes: 1,
    delayMs: 10,
  });
  const { client, server } = await stretch.open();
  const said = 'a long sentence, cut into bits';
  client.say(said);
  let turns = 0;
  for (let nowMs = await stretch.clock.sleeping(); ; nowMs = await stretch.clock.sleeping()) {
    stretch.clock.turnTo(nowMs);
    turns += 1;
    // The last bit is followed by no sleep: whatever has been woken often enough must be through.
    if (turns >= Math.ceil(said.length / 2)) break;
    if ((await Promise.race([server.heard(said.length), stretch.clock.sleeping().then(() => null)])) !== null)
      break;
  }
  expect(await server.heard(said.length)).toBe(said);
  expect(turns).toBeGreaterThanOrEqual(Math.ceil(said.length / 4) - 1);
});

test('limit_data: lets that many bytes through, then closes', async () => {
  await stretch.proxy.add({ kind: 'limit_data', stream: 'upstream', bytes: 8 });
  const { client, server } = await stretch.open();
  client.say('12345');
  expect(await server.heard(5)).toBe('12345');
  client.say('6789');
  expect(await server.heard(8)).toBe('12345678');
  await client.ended;
  const next = await stretch.open();
  next.client.say('abc');
  expect(await next.server.heard(3)).toBe('abc');
});

test('toxics on the same line work together, in the order in which they came', async () => {
  await stretch.proxy.add({ kind: 'latency', stream: 'upstream', latencyMs: 100, jitterMs: 0 });
  await stretch.proxy.add({ kind: 'limit_data', stream: 'upstream', bytes: 4 });
  const { client, server } = await stretch.open();
  client.say('12345');
  expect(await stretch.clock.sleeping()).toBe(100);
  stretch.clock.turnTo(100);
  expect(await server.heard(4)).toBe('1234');
  await client.ended;
});

describe('black_hole', () => {
  const CALL = 'POST /charges HTTP/1.1\r\n';
  const hole = (stream: 'upstream' | 'both' = 'upstream'): Toxic => ({
    kind: 'black_hole',
    stream,
    forMs: 900,
    kernelMs: 500,
  });

  /** Turns the clock from sleep to sleep until the hole is closed. */
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
    // Whoever hears a later connection has heard the reset.
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
});

describe('stale_lookups', () => {
  const front = (changes: Partial<Extract<Toxic, { kind: 'stale_lookups' }>>): Toxic => ({
    kind: 'stale_lookups',
    stream: 'both',
    how: 'cache',
    obeys: true,
    ignoresQuery: false,
    ...changes,
  });
  const lookup = (key: string, more = ''): string =>
    `GET /charges?idempotency_key=${key} HTTP/1.1\r\nhost: g\r\n${more}\r\n`;
  const answer = (body: string): string => `HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
  const aged = (body: string, seconds: number): string =>
    answer(body).replace('OK\r\n', `OK\r\nage: ${seconds}\r\n`);

  /** Asks once on this connection, and has the server answer if it is asked. */
  async function ask({ client, server }: Opened, request: string, body: string): Promise<void> {
    const before = server.text().length;
    client.say(request);
    await server.heard(before + request.length);
    server.say(answer(body));
  }

  test('a cache answers the same lookup again with its first answer and its age', async () => {
    const toxic = await stretch.proxy.add(front({}));
    const opened = await stretch.open();
    await ask(opened, lookup('k'), 'one');
    const first = answer('one');
    expect(await opened.client.heard(first.length)).toBe(first);
    stretch.clock.turnTo(4_500);
    opened.client.say(lookup('k'));
    const both = first + aged('one', 4);
    expect(await opened.client.heard(both.length)).toBe(both);
    expect(opened.server.text()).toBe(lookup('k'));
    expect(toxic.count()).toBe(1);
  });

  test('a cache asks anew for another key, and where it is told no-cache and obeys', async () => {
    const toxic = await stretch.proxy.add(front({}));
    const opened = await stretch.open();
    await ask(opened, lookup('k'), 'one');
    await ask(opened, lookup('other'), 'two');
    await ask(opened, lookup('k', 'cache-control: no-cache\r\n'), 'new');
    const all = answer('one') + answer('two') + answer('new');
    expect(await opened.client.heard(all.length)).toBe(all);
    expect(toxic.count()).toBe(0);
  });

  test('one that ignores the query answers a lookup of another key, one that does not obey in spite of no-cache', async () => {
    await stretch.proxy.add(front({ ignoresQuery: true, obeys: false }));
    const opened = await stretch.open();
    await ask(opened, lookup('k'), 'one');
    opened.client.say(lookup('other', 'cache-control: no-cache\r\n'));
    const both = answer('one') + aged('one', 0);
    expect(await opened.client.heard(both.length)).toBe(both);
  });

  test('off by one: a lookup gets the answer to the lookup before it on its connection, and only there', async () => {
    const toxic = await stretch.proxy.add(front({ how: 'off_by_one' }));
    const opened = await stretch.open();
    await ask(opened, lookup('a'), 'one');
    await ask(opened, lookup('b'), 'two');
    await ask(opened, lookup('c'), 'three');
    const all = answer('one') + answer('one') + answer('two');
    expect(await opened.client.heard(all.length)).toBe(all);
    expect(toxic.count()).toBe(2);
    const other = await stretch.open();
    await ask(other, lookup('d'), 'four');
    expect(await other.client.heard(answer('four').length)).toBe(answer('four'));
  });

  test('calls and their answers go through as they are', async () => {
    await stretch.proxy.add(front({ how: 'off_by_one' }));
    const opened = await stretch.open();
    await ask(opened, lookup('a'), 'one');
    await ask(opened, 'POST /charges HTTP/1.1\r\ncontent-length: 0\r\n\r\n', 'charged');
    const both = answer('one') + answer('charged');
    expect(await opened.client.heard(both.length)).toBe(both);
  });
});
