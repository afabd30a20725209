/**
 * What every gateway adapter must do at the edges of an exchange: when its first byte may be sent, what is left of it
 * when it is given up, and which answers are no answers although they look like one.
 */
import { Worker } from 'node:worker_threads';
import type { CallOutcome, LookupOutcome, NotSent } from '../domain/outcomes.ts';
import type { Gateway } from '../ports/gateway.ts';
import { HELD_MS, outOfTime } from './deadline.ts';
import { type ConnectSettings, type GatewayHarness, REQUEST } from './harness.ts';
import type { RawAnswer, Reply, ScriptedServer } from './server.ts';
import * as server from './server.ts';
import type { Suite } from './suite.ts';
import { TEST_CERTIFICATE } from './tls.ts';

/** Never reached by what ends by itself. */
const LONG_MS = 60_000;
const PATIENT = { timeoutMs: LONG_MS, mayLeave: () => true };
const HELD = { ...PATIENT, timeoutMs: HELD_MS };

export function collectEdges(suite: Suite, { dialect, connect }: GatewayHarness): void {
  const { describe, test, beforeEach, afterEach, expect } = suite;
  /** Runs `work`, and ends its time once the server has so many requests. */
  const untilArrived = <T>(far: ScriptedServer, requests: number, work: () => Promise<T>): Promise<T> =>
    outOfTime(() => expect.poll(() => far.requests.length).toBe(requests), work);

  describe.each(['http', 'https'] as const)('over %s', (scheme) => {
    let far: ScriptedServer;
    let gateway: Gateway;
    const start = (settings: ConnectSettings = {}): Gateway => {
      gateway = connect(`${scheme}://localhost:${far.port}`, { ca: TEST_CERTIFICATE, ...settings });
      return gateway;
    };
    beforeEach(async () => {
      far = await server.startScriptedServer(scheme);
    });
    afterEach(async () => {
      await gateway.close();
      await expect.poll(() => far.open()).toBe(0);
      await far.close();
    });

    describe('the first byte and the lease', () => {
      const over = { kind: 'refused', reason: 'lease_over_before_send' };

      test('a call whose lease is over makes no connection', async () => {
        expect(await start().call(REQUEST, { timeoutMs: LONG_MS, mayLeave: () => false })).toEqual(over);
        expect(far.connections()).toBe(0);
      });

      test('a call whose lease ends while it connects sends no byte', async () => {
        far.script(server.answer(dialect.approved(REQUEST)));
        let proceed: () => void = () => {};
        far.onConnection((_socket, serve) => {
          // The lease ends when the connection is there, and the TLS handshake, if there is one, has not begun.
          leased = false;
          proceed = serve;
          if (scheme === 'http') serve();
        });
        let leased = true;
        let asked = 0;
        const outcome = start().call(REQUEST, {
          timeoutMs: LONG_MS,
          mayLeave: () => {
            asked += 1;
            // Without a handshake nobody knows whether the server or the client learns of the connection first.
            return asked === 1 || (scheme === 'https' && leased);
          },
        });
        if (scheme === 'https') {
          await expect.poll(() => leased).toBe(false);
          expect(asked).toBe(1);
          proceed();
        }
        expect(await outcome).toEqual(over);
        await expect.poll(() => far.connections() === 1 && far.open() === 0).toBe(true);
        expect(far.bytes()).toBe(0);
      });

      test('a call whose lease ends while it waits for a kept connection sends no byte', async () => {
        let finish = () => {};
        far.script(
          (socket) => {
            finish = () => socket.write(server.bytesOf(dialect.approved(REQUEST)));
          },
          server.answer(dialect.approved(REQUEST)),
        );
        const narrow = start({ maxConnections: 1 });
        const first = narrow.call(REQUEST, PATIENT);
        await expect.poll(() => far.requests.length).toBe(1);
        const bytes = far.bytes();
        let leased = true;
        const second = narrow.call(REQUEST, { timeoutMs: LONG_MS, mayLeave: () => leased });
        leased = false;
        finish();
        expect(await first).toMatchObject({ kind: 'approved' });
        expect(await second).toEqual(over);
        await gateway.close();
        await expect.poll(() => far.open()).toBe(0);
        expect(far.bytes()).toBe(bytes);
      });
    });

    describe('a call that is given up after its first byte is reset, so that no kernel delivers it later', () => {
      const small: ConnectSettings = { maxResponseBytes: 1_000 };
      const broken: [name: string, reply: Reply, isOutOfTime?: boolean][] = [
        ['the time is up', server.hang, true],
        ['half of the answer came', server.write('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{'), true],
        ['too large', server.answer({ ...dialect.approved(REQUEST), body: ' '.repeat(1_001) })],
        ['no HTTP', server.write('220 smtp.example.com ESMTP\r\n')],
        ['an upgrade', server.write('HTTP/1.1 101 Hm\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n')],
      ];
      test.each(broken)('a call: %s', async (_name, reply, isOutOfTime = false) => {
        far.script(reply);
        start(small);
        const outcome = isOutOfTime
          ? await untilArrived(far, 1, () => gateway.call(REQUEST, HELD))
          : await gateway.call(REQUEST, PATIENT);
        expect(outcome).toMatchObject({ kind: 'unknown', answered: false });
        await expect.poll(() => far.endings).toEqual(['ECONNRESET']);
      });

      test('a call on a kept connection', async () => {
        far.script(server.answer(dialect.approved(REQUEST)), server.hang);
        start({ maxConnections: 1 });
        expect(await gateway.call(REQUEST, PATIENT)).toMatchObject({ kind: 'approved' });
        await untilArrived(far, 2, () => gateway.call(REQUEST, HELD));
        await expect.poll(() => far.endings).toEqual(['ECONNRESET']);
        expect(far.connections()).toBe(1);
      });

      test('calls under way when the adapter is closed', async () => {
        far.script(server.hang);
        start();
        const outcomes = [gateway.call(REQUEST, PATIENT), gateway.call(REQUEST, PATIENT)];
        await expect.poll(() => far.requests.length).toBe(2);
        await gateway.close();
        for (const outcome of await Promise.all(outcomes)) expect(outcome).toMatchObject({ kind: 'unknown' });
        await expect.poll(() => far.endings).toEqual(['ECONNRESET', 'ECONNRESET']);
      });

      test('a connection with nothing under way is closed, not reset', async () => {
        far.script(server.answer(dialect.approved(REQUEST)), server.answer(dialect.found(REQUEST, [])));
        await start().call(REQUEST, PATIENT);
        await gateway.lookup(REQUEST, PATIENT);
        await gateway.close();
        await expect.poll(() => far.endings).toEqual(['end', 'end']);
      });
    });
  });

  describe('answers that do not count', () => {
    let far: ScriptedServer;
    let gateway: Gateway;
    beforeEach(async () => {
      far = await server.startScriptedServer();
      gateway = connect(`http://127.0.0.1:${far.port}`);
    });
    afterEach(async () => {
      await gateway.close();
      await far.close();
    });
    const call = (raw: RawAnswer): Promise<CallOutcome | NotSent> => {
      far.script(server.answer(raw));
      return gateway.call(REQUEST, PATIENT);
    };
    const lookup = (raw: RawAnswer): Promise<LookupOutcome | NotSent> => {
      far.script(server.answer(raw));
      return gateway.lookup(REQUEST, PATIENT);
    };
    const withHeaders = (raw: RawAnswer, headers: RawAnswer['headers']): RawAnswer => ({
      ...raw,
      headers: { ...raw.headers, ...headers },
    });

    describe('from a cache', () => {
      const old = (raw: RawAnswer) => withHeaders(raw, { age: '4' });

      test('a lookup asks for no cached answer', async () => {
        await lookup(dialect.found(REQUEST, []));
        expect(far.requests[0]?.headers).toMatchObject({
          'cache-control': 'no-cache, no-store',
          pragma: 'no-cache',
        });
      });

      test.each([
        ['an age', { age: '4' }],
        ['an age of 0', { age: '0' }],
        ['an age that is no number', { age: '' }],
        ['two ages', { age: ['0', '0'] }],
        ['a hit', { 'x-cache': 'HIT from proxy' }],
        ['a hit by a standard name', { 'cache-status': 'ExampleCache; hit; ttl=376' }],
        ['a warning', { warning: '110 proxy "Response is Stale"' }],
      ])('a list with %s proves nothing', async (_name, headers) => {
        for (const charges of [[], [{ status: 'declined' }], [{ status: 'pending' }]]) {
          const raw = withHeaders(dialect.found(REQUEST, charges), headers);
          expect(await lookup(raw)).toMatchObject({ kind: 'unavailable' });
        }
      });

      test('a charge in an old list has moved money all the same', async () => {
        const list = old(dialect.found(REQUEST, [{ id: 'ch_1', status: 'succeeded' }]));
        expect(await lookup(list)).toEqual({ kind: 'succeeded', ref: 'ch_1' });
        const approved = old(dialect.approved(REQUEST, { id: 'ch_1' }));
        expect(await call(approved)).toEqual({ kind: 'approved', ref: 'ch_1' });
      });

      test.each([
        ['a decline', dialect.declined(REQUEST)],
        ['a pending charge', dialect.pending(REQUEST)],
        ['a limit', dialect.plain(429)],
        ['a refusal of our credentials', dialect.plain(401)],
        ['an error', dialect.plain(500)],
        ['a key in progress', dialect.busy()],
      ])('%s is not the answer to a call: it may still be under way', async (_name, raw) => {
        expect(await call(old(raw))).toMatchObject({ kind: 'unknown', answered: false });
      });

      test('a list that is dated before an earlier answer proves nothing; money in it has moved', async () => {
        const dated = (second: number, charges: readonly { status: string }[]) =>
          withHeaders(dialect.found(REQUEST, charges), { date: `Tue, 01 Jan 2030 00:00:${second} GMT` });
        expect(await lookup(dated(30, []))).toEqual({ kind: 'absent' });
        for (const charges of [[], [{ status: 'declined' }], [{ status: 'pending' }]]) {
          expect(await lookup(dated(20, charges))).toEqual({ kind: 'unavailable', reason: 'old_answer' });
        }
        expect(await lookup(dated(20, [{ status: 'succeeded' }]))).toMatchObject({ kind: 'succeeded' });
        expect(await lookup(dated(59, []))).toEqual({ kind: 'absent' });
      });

      test.each([
        ['a word of its own', { 'x-cache': 'SERVED' }],
        ['nothing', { 'x-cache': '' }],
        ['a date', { 'cdn-cachedat': '2030-01-01' }],
        ['two numbers', { 'x-varnish': '32770 3' }],
        ['that it is cached', { 'x-from-cache': '1' }],
      ])('a cache that says %s may have served it', async (_name, headers) => {
        expect(await lookup(withHeaders(dialect.found(REQUEST, []), headers))).toMatchObject({
          kind: 'unavailable',
        });
      });

      test('a refusal of our credentials is not the answer to a lookup', async () => {
        expect(await lookup(old(dialect.plain(403)))).toMatchObject({ kind: 'unavailable' });
      });

      test.each([203, 304])('a lookup that is answered with %i proves nothing', async (status) => {
        const raw = { ...dialect.found(REQUEST, []), status };
        expect(await lookup(status === 304 ? { ...raw, body: '' } : raw)).toMatchObject({
          kind: 'unavailable',
        });
      });

      test('a call that is answered with 304 may still be under way', async () => {
        const outcome = await call({ ...dialect.plain(304), body: '' });
        expect(outcome).toMatchObject({ kind: 'unknown', answered: false });
      });

      test('an answer that a cache let pass is an answer', async () => {
        const headers = {
          'x-cache': 'MISS',
          'cf-cache-status': 'DYNAMIC',
          'cache-control': 'max-age=0, stale-if-error=0',
        };
        expect(await lookup(withHeaders(dialect.found(REQUEST, []), headers))).toEqual({ kind: 'absent' });
      });
    });

    describe('to another question', () => {
      test('each lookup has a connection of its own, one after the other and at the same time', async () => {
        far.script(server.answer(dialect.found(REQUEST, [])));
        const ask = () => gateway.lookup(REQUEST, PATIENT);
        for (let index = 0; index < 3; index += 1) expect(await ask()).toEqual({ kind: 'absent' });
        await Promise.all([ask(), ask(), ask()]);
        expect(far.requests.map(({ headers }) => headers.connection)).toEqual(Array(6).fill('close'));
        expect(far.connections()).toBe(6);
      });

      test('a lookup that is given up leaves no connection for the next one', async () => {
        far.script(server.hang);
        await untilArrived(far, 1, () => gateway.lookup(REQUEST, HELD));
        await expect.poll(() => far.endings).toEqual(['ECONNRESET']);
        far.script(server.answer(dialect.found(REQUEST, [])));
        await gateway.lookup(REQUEST, PATIENT);
        // The one that was given up, and the one of the second lookup.
        expect(far.connections()).toBe(2);
      });

      test('a second answer on one connection is never the answer to the next lookup', async () => {
        const found = server.bytesOf(dialect.found(REQUEST, [{ id: 'ch_1' }]));
        const twice = Buffer.concat([found, server.bytesOf(dialect.found(REQUEST, []))]);
        far.script(server.writeAndClose(twice), server.writeAndClose(found));
        expect(await gateway.lookup(REQUEST, PATIENT)).toMatchObject({ kind: 'succeeded' });
        expect(await gateway.lookup(REQUEST, PATIENT)).toMatchObject({ kind: 'succeeded' });
      });

      describe('a lookup is answered when its connection has ended', () => {
        const nothing = server.bytesOf(dialect.found(REQUEST, []));
        const charge = server.bytesOf(dialect.found(REQUEST, [{ id: 'ch_1' }]));
        const declined = server.bytesOf(dialect.found(REQUEST, [{ id: 'ch_1', status: 'declined' }]));
        /** The second part leaves when the first has been read. */
        const inTurn =
          (first: Buffer, second: Buffer): Reply =>
          (socket) =>
            socket.write(first, () => setTimeout(() => socket.end(second), 20));

        test.each([
          ['another answer at once', server.writeAndClose(Buffer.concat([nothing, charge]))],
          ['another answer later', inTurn(nothing, charge)],
          ['another answer behind a decline', inTurn(declined, charge)],
          ['the same answer again', inTurn(nothing, nothing)],
          ['a line break', server.writeAndClose(Buffer.concat([nothing, Buffer.from('\r\n')]))],
          ['a byte, and silence', server.write(Buffer.concat([nothing, Buffer.from(' ')]))],
        ])('%s behind it: it proves nothing', async (_name, reply) => {
          far.script(reply);
          expect(await gateway.lookup(REQUEST, PATIENT)).toEqual({
            kind: 'unavailable',
            reason: 'more_than_one_answer',
          });
        });

        test('money in it has moved, whatever comes behind it', async () => {
          far.script(inTurn(charge, nothing));
          expect(await gateway.lookup(REQUEST, PATIENT)).toMatchObject({ kind: 'succeeded' });
        });

        test.each<[string, Reply]>([
          [
            'by a reset',
            (socket) => socket.write(nothing, () => setTimeout(() => socket.resetAndDestroy(), 20)),
          ],
          ['after a while', inTurn(nothing, Buffer.alloc(0))],
        ])('%s, with nothing behind it: it is the answer', async (_name, reply) => {
          far.script(reply);
          expect(await gateway.lookup(REQUEST, PATIENT)).toEqual({ kind: 'absent' });
        });

        test('if the gateway never ends it, its answer counts when the time is over, and the connection is ended', async () => {
          far.script(server.write(nothing));
          const read = async () => {
            await expect.poll(() => far.requests.length).toBe(1);
            // The answer was written in the turn in which its request came.
            for (let turn = 0; turn < 10; turn += 1) await new Promise((resolve) => setImmediate(resolve));
          };
          const outcome = await outOfTime(read, () => gateway.lookup(REQUEST, HELD));
          expect(outcome).toEqual({ kind: 'absent' });
          await expect.poll(() => far.open()).toBe(0);
        });
      });

      test.each([
        ['lookup', dialect.found(REQUEST, []), 'unavailable'],
        ['call', dialect.plain(429), 'refused'],
      ] as const)('what came before the question is not the answer to a %s', async (what, raw, kind) => {
        const hasty = await startHastyServer(server.bytesOf(raw));
        const other = connect(`http://127.0.0.1:${hasty.port}`);
        try {
          const outcome = what === 'call' ? other.call(REQUEST, PATIENT) : other.lookup(REQUEST, PATIENT);
          await hasty.spoke();
          expect(await outcome).toEqual({ kind, reason: 'answer_before_request' });
        } finally {
          await other.close();
          await hasty.close();
        }
      });
    });
  });
}

/**
 * A server in a thread of its own that sends `bytes` as soon as a connection opens. `spoke` stops this thread until it has
 * done so: the bytes are then in our kernel before our side can learn that the connection is up.
 */
async function startHastyServer(bytes: Buffer) {
  const spoken = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(
    `const { createServer } = require('node:net');
     const { parentPort, workerData: { bytes, spoken } } = require('node:worker_threads');
     const server = createServer((socket) => {
       socket.on('error', () => {});
       socket.write(bytes, () => { Atomics.store(spoken, 0, 1); Atomics.notify(spoken, 0); });
     });
     server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));`,
    { eval: true, workerData: { bytes, spoken } },
  );
  const port = await new Promise<number>((resolve) => worker.once('message', resolve));
  return {
    port,
    spoke: () =>
      new Promise<void>((resolve) =>
        // Behind the tick in which Node begins to connect; twice, because an adapter may need promises before that.
        process.nextTick(() =>
          process.nextTick(() => {
            Atomics.wait(spoken, 0, 0, LONG_MS);
            resolve();
          }),
        ),
      ),
    close: () => worker.terminate(),
  };
}
