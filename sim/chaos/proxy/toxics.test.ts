import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createRandom } from '../random.ts';
import { openStretch, type Stretch } from './testing.ts';
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
    // It had to wait behind another piece until 250, but is still due at 300.
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
    // No sleep follows the last bit. After enough wake-ups everything must be through.
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
