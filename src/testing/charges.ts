/**
 * What every gateway adapter must do when the network or the gateway misbehaves. An adapter joins by giving a
 * harness: how to build the adapter for an address, and how its gateway writes each answer (the dialect).
 *
 * Two claims matter most: whatever may have charged is always called `unknown`, and one call is one
 * request, even if the HTTP client would like to send it again.
 */
import type { CallOutcome, LookupOutcome, NotSent } from '../domain/outcomes.ts';
import type { Gateway } from '../ports/gateway.ts';
import { HELD_MS, outOfTime, recordTimers } from './deadline.ts';
import { type ChargeChanges, type GatewayHarness, REQUEST } from './harness.ts';
import type { RawAnswer, Reply, ScriptedServer } from './server.ts';
import * as server from './server.ts';
import type { Suite } from './suite.ts';

const mayLeave = (): boolean => true;

/** Ends what would never end by itself; short, because every such check waits for it. */
const SHORT_MS = 120;
/** Never reached by what ends by itself. */
const LONG_MS = 60_000;

export function collectCharges(suite: Suite, { dialect, connect }: GatewayHarness): void {
  const { describe, test, beforeEach, afterEach, expect } = suite;
  describe('charges', () => {
    let far: ScriptedServer;
    let gateway: Gateway;

    beforeEach(async () => {
      far = await server.startScriptedServer();
      gateway = connect(`http://127.0.0.1:${far.port}`);
    });
    afterEach(async () => {
      await gateway.close();
      await expect.poll(() => far.open(), 'Sockets are left open after close()').toBe(0);
      await far.close();
    });

    /** One call, treated by `reply`; `null` leaves the script as it is. */
    const call = (reply: Reply | null, timeoutMs = LONG_MS): Promise<CallOutcome | NotSent> => {
      if (reply !== null) far.script(reply);
      return gateway.call(REQUEST, { timeoutMs, mayLeave });
    };
    const lookup = (reply: Reply, timeoutMs = LONG_MS): Promise<LookupOutcome | NotSent> => {
      far.script(reply);
      return gateway.lookup(REQUEST, { timeoutMs });
    };

    /** Its outcome when its time ends after its request has arrived. */
    const untilArrived = <T>(work: () => Promise<T>): Promise<T> => {
      const arrived = () => expect.poll(() => far.requests.length).toBe(1);
      return outOfTime(arrived, work);
    };

    describe('a call that is answered', () => {
      test('an approval of our charge is approved, with one request on the wire', async () => {
        expect(await call(server.answer(dialect.approved(REQUEST, { id: 'ch_1' })))).toEqual({
          kind: 'approved',
          ref: 'ch_1',
        });
        expect(far.requests).toHaveLength(1);
        expect(far.requests[0]?.headers['accept-encoding']).toBe('identity');
      });

      test('a decline of our charge is declined', async () => {
        expect(await call(server.answer(dialect.declined(REQUEST, { id: 'ch_1' })))).toMatchObject({
          kind: 'declined',
          ref: 'ch_1',
        });
      });

      test('accepted, result later is pending', async () => {
        expect(await call(server.answer(dialect.pending(REQUEST, { id: 'ch_1' })))).toEqual({
          kind: 'pending',
          ref: 'ch_1',
        });
      });

      test('a key in progress is busy, and the wait is passed on', async () => {
        const busy = dialect.busy();
        const raw = { ...busy, headers: { ...busy.headers, 'retry-after': '2' } };
        expect(await call(server.answer(raw))).toEqual({ kind: 'busy', retryAfterMs: 2_000 });
      });

      test('a key reused with other parameters is unknown', async () => {
        expect(await call(server.answer(dialect.keyReused()))).toEqual({
          kind: 'unknown',
          answered: true,
          reason: 'key_reused',
        });
      });

      test.each([
        ['amount', { amountMinor: REQUEST.amountMinor + 1 }],
        ['currency', { currency: 'EUR' }],
        ['reference', { reference: 'somebody-else' }],
      ] as const)('an approval of another %s is a mismatch, never an approval', async (field, changes) => {
        expect(await call(server.answer(dialect.approved(REQUEST, { id: 'ch_1', ...changes })))).toEqual({
          kind: 'mismatch',
          ref: 'ch_1',
          reason: `${field}_mismatch`,
        });
      });

      test.each([
        ['key', { key: 'another-key' }],
        ['reference', { reference: 'somebody-else' }],
        ['amount', { amountMinor: 1 }],
      ] as const)('a decline about another %s is unknown, never a decline', async (_field, changes) => {
        expect(await call(server.answer(dialect.declined(REQUEST, changes)))).toMatchObject({
          kind: 'unknown',
        });
      });

      test('an approval about another key is unknown', async () => {
        expect(await call(server.answer(dialect.approved(REQUEST, { key: 'another-key' })))).toMatchObject({
          kind: 'unknown',
          reason: 'answer_about_another_key',
        });
      });

      test.each(['refunded', 'voided', 'a_word_from_the_future', ''])(
        'an approval with the status "%s" is unknown',
        async (status) => {
          const outcome = await call(server.answer(dialect.approved(REQUEST, { status })));
          expect(outcome).toMatchObject({ kind: 'unknown', answered: false });
        },
      );

      test.each([401, 403])('%i is forbidden: about us, not about the order', async (status) => {
        expect(await call(server.answer(dialect.plain(status)))).toMatchObject({ kind: 'forbidden' });
      });

      test.each([301, 302, 303, 307, 308])(
        'the redirect %i is unknown and is not followed',
        async (status) => {
          const raw = dialect.plain(status);
          const location = `http://127.0.0.1:${far.port}/elsewhere`;
          const outcome = await call(server.answer({ ...raw, headers: { ...raw.headers, location } }));
          expect(outcome).toMatchObject({ kind: 'unknown', answered: false });
          expect(far.requests).toHaveLength(1);
        },
      );

      test.each(dialect.finalErrors)(
        'an error of the gateway (%i) is unknown, and the call is over',
        async (status) => {
          expect(await call(server.answer(dialect.plain(status)))).toMatchObject({
            kind: 'unknown',
            answered: true,
          });
        },
      );

      test.each([405, 408, 410, 418, 451, 501, 502, 503, 504, 505, 520, 522, 524, 599])(
        '%i is said by something in between: unknown, and the gateway may still be working',
        async (status) => {
          expect(await call(server.answer(dialect.plain(status)))).toMatchObject({
            kind: 'unknown',
            answered: false,
          });
        },
      );

      describe.each([400, 401, 403, 404, 409, 413, 422, 429, 500, 503])('a %i', (status) => {
        const html = { 'content-type': 'text/html' };
        test.each([
          ['without a body', { headers: {}, body: '' }],
          ['in HTML', { headers: html, body: '<html>Sorry</html>' }],
          ['in JSON that calls itself HTML', { headers: html, body: dialect.plain(status).body }],
          ['in an empty object', { body: '{}' }],
          ['in a list', { body: '[]' }],
          ['in JSON of somebody else', { body: '{"message":"Service Unavailable"}' }],
          ['in JSON of a framework', { body: `{"status":${status},"error":"Sorry","path":"/charges"}` }],
          ['with an error that is no text', { body: '{"error":{"code":1}}' }],
          ['with an empty error', { body: '{"error":""}' }],
          ['with a duplicate error field', { body: '{"error":"a","error":"b"}' }],
        ])('%s is not the gateway speaking: the gateway may still be working', async (_name, changes) => {
          const raw = { ...dialect.plain(status), ...changes };
          const headers = { ...raw.headers, 'retry-after': '3' };
          expect(await call(server.answer({ ...raw, headers }))).toEqual({
            kind: 'unknown',
            answered: false,
            reason: `http_${status}`,
            retryAfterMs: 3_000,
          });
        });
      });

      test.each([201, 203, 204, 206])('the success %i is not in the protocol: unknown', async (status) => {
        const approved = dialect.approved(REQUEST);
        const raw = status === 204 ? { ...dialect.plain(204), body: '' } : { ...approved, status };
        expect(await call(server.answer(raw))).toMatchObject({ kind: 'unknown', answered: false });
      });

      test('interim answers (103) are skipped', async () => {
        const hint = 'HTTP/1.1 103 Early Hints\r\nlink: </a.css>\r\n\r\n';
        const bytes = server.bytesOf(dialect.approved(REQUEST));
        expect(
          await call(server.write(Buffer.concat([Buffer.from(hint), Buffer.from(hint), bytes]))),
        ).toMatchObject({
          kind: 'approved',
        });
      });
    });

    describe('a call that is limited', () => {
      const limited = (headers: Record<string, string | string[]>): Reply => {
        const raw = dialect.plain(429);
        return server.answer({ ...raw, headers: { ...raw.headers, ...headers } });
      };

      test('429 is refused: the contract says that it was not executed', async () => {
        expect(await call(limited({}))).toEqual({ kind: 'refused', reason: 'rate_limited' });
      });

      test.each([
        ['seconds', { 'retry-after': '7' }, 7_000],
        ['zero', { 'retry-after': '0' }, 0],
        ['a negative number', { 'retry-after': '-5' }, 0],
        ['a huge number', { 'retry-after': '9'.repeat(30) }, Number.MAX_SAFE_INTEGER],
        [
          "a date, against the answer's own clock",
          { date: 'Tue, 01 Jan 2030 00:00:00 GMT', 'retry-after': 'Tue, 01 Jan 2030 00:00:30 GMT' },
          30_000,
        ],
        [
          'a date in the past',
          { date: 'Tue, 01 Jan 2030 00:00:00 GMT', 'retry-after': 'Mon, 31 Dec 2029 23:59:00 GMT' },
          0,
        ],
        ['garbage', { 'retry-after': 'soon' }, undefined],
        ['an impossible date', { 'retry-after': 'Tue, 99 Jan 2030 00:00:00 GMT' }, undefined],
        ['a fraction', { 'retry-after': '1.5' }, undefined],
        ['nothing', { 'retry-after': '' }, undefined],
        ['two contradicting values', { 'retry-after': ['1', '100'] }, undefined],
      ] as const)('Retry-After: %s', async (_form, headers, expected) => {
        const outcome = await call(limited(headers as Record<string, string | string[]>));
        expect(outcome).toMatchObject({ kind: 'refused' });
        expect('retryAfterMs' in outcome ? outcome.retryAfterMs : undefined).toBe(expected);
      });

      test('Retry-After as a date without a Date counts from now', async () => {
        const until = new Date(Date.now() + 60_000).toUTCString();
        const outcome = await call(limited({ 'retry-after': until }));
        const ms = 'retryAfterMs' in outcome ? (outcome.retryAfterMs ?? 0) : 0;
        expect(ms > 50_000 && ms <= 60_000, `A minute must be left, not ${ms} ms`).toBe(true);
      });

      test('Retry-After of a 503 is passed on, and it stays unknown', async () => {
        const raw = dialect.plain(503);
        const outcome = await call(
          server.answer({ ...raw, headers: { ...raw.headers, 'retry-after': '3' } }),
        );
        expect(outcome).toEqual({
          kind: 'unknown',
          answered: false,
          reason: 'http_503',
          retryAfterMs: 3_000,
        });
      });
    });

    describe('a call without a complete, readable answer is unknown, and nobody knows whether it is over', () => {
      const approved = server.bytesOf(dialect.approved(REQUEST));
      const head = (status: number, rest: string) =>
        `HTTP/1.1 ${status} Scripted\r\ncontent-type: application/json\r\n${rest}\r\n`;
      const with_ = (changes: Partial<RawAnswer>, headers: Record<string, string | string[]> = {}): Reply => {
        const raw = dialect.approved(REQUEST);
        return server.answer({ ...raw, ...changes, headers: { ...raw.headers, ...headers } });
      };

      const broken: [name: string, reply: Reply, isOutOfTime?: boolean][] = [
        ['reset after the request was read', server.reset],
        ['closed after the request was read', server.close],
        ['never answered', server.hang, true],
        ['half a status line', server.writeAndClose('HTTP/1.1 20')],
        ['half a head, then reset', server.writeAndReset(approved.subarray(0, 40))],
        ['truncated by a close', server.writeAndClose(approved.subarray(0, approved.length - 1))],
        ['truncated by a reset', server.writeAndReset(approved.subarray(0, approved.length - 1))],
        ['truncated by silence', server.write(approved.subarray(0, approved.length - 1)), true],
        [
          'a 500 truncated by a close',
          server.writeAndClose(`${head(500, 'content-length: 100\r\n')}{"error":`),
        ],
        ...[dialect.approved(REQUEST), dialect.failed(REQUEST), dialect.plain(429), dialect.plain(401)].map(
          (raw): [string, Reply] => [
            `a ${raw.status} that promises more than a whole body, and is closed`,
            server.writeAndClose(
              server.bytesOf({ ...raw, headers: { ...raw.headers, 'content-length': '999' } }),
            ),
          ],
        ),
        [
          'chunks that never end',
          server.write(`${head(200, 'transfer-encoding: chunked\r\n')}1\r\n{\r\n`),
          true,
        ],
        ['chunks cut off', server.writeAndClose(`${head(200, 'transfer-encoding: chunked\r\n')}1\r\n{\r\n`)],
        ['a broken chunk', server.write(`${head(200, 'transfer-encoding: chunked\r\n')}zz\r\n{\r\n`)],
        ['a giant body', server.flood(head(200, 'content-length: 10000000000\r\n'), ' '.repeat(65_536))],
        [
          'a giant body in chunks',
          server.flood(head(200, 'transfer-encoding: chunked\r\n'), `1000\r\n${' '.repeat(4_096)}\r\n`),
        ],
        ['an endless head', server.flood('HTTP/1.1 200 OK\r\n', `x-a: ${'a'.repeat(1_000)}\r\n`)],
        [
          'an unasked 100 Continue',
          server.write(Buffer.concat([Buffer.from('HTTP/1.1 100 Continue\r\n\r\n'), approved])),
        ],
        ['an upgrade', server.write('HTTP/1.1 101 Switching\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n')],
        ['another protocol', server.write('220 smtp.example.com ESMTP\r\n')],
        ['binary noise', server.write(Buffer.from([0, 255, 1, 254, 13, 10, 13, 10]))],
        [
          'two contradicting lengths',
          server.write(`${head(200, 'content-length: 2\r\ncontent-length: 3\r\n')}{} `),
        ],
        ['an empty body', with_({ body: '' })],
        ['a body that is not JSON', with_({ body: 'OK' })],
        ['a body that is a JSON list', with_({ body: '[]' })],
        ['a body that is JSON null', with_({ body: 'null' })],
        ['an object that is no charge', with_({ body: '{}' })],
        ['a body that is not UTF-8', with_({ body: Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]) })],
        ['HTML', with_({ body: '<html>OK</html>' }, { 'content-type': 'text/html' })],
        ['an approval that calls itself HTML', with_({}, { 'content-type': 'text/html' })],
        ['two media types', with_({}, { 'content-type': ['application/json', 'text/html'] })],
        ['a compressed body', with_({}, { 'content-encoding': 'gzip' })],
      ];
      test.each(broken)('%s', async (_name, reply, isOutOfTime = false) => {
        const outcome = await (isOutOfTime ? untilArrived(() => call(reply, HELD_MS)) : call(reply));
        expect(outcome).toMatchObject({ kind: 'unknown', answered: false });
        expect('reason' in outcome && /^[a-z0-9_]+$/.test(outcome.reason)).toBe(true);
        expect(far.requests).toHaveLength(1);
        // Nothing that is left of the answer may be read as the answer to the next call.
        far.script(server.answer(dialect.approved(REQUEST)));
        expect(await call(null)).toMatchObject({ kind: 'approved' });
        expect(far.requests).toHaveLength(2);
      });

      const dripping: [name: string, reply: Reply][] = [
        ['a body that drips', server.drip(head(200, 'content-length: 100000\r\n'), ' ', 5)],
        ['a head that drips', server.drip('HTTP/1.1 200 OK\r\n', 'x-slow: 1\r\n', 5)],
        ['interim answers for ever', server.drip('', 'HTTP/1.1 103 Early Hints\r\n\r\n', 5)],
      ];
      test.each(dripping)('%s', async (_name, reply) => {
        const narrow = connect(`http://127.0.0.1:${far.port}`, { maxConnections: 1 });
        const next = (timeoutMs: number) => narrow.call(REQUEST, { timeoutMs, mayLeave });
        far.script(server.answer(dialect.approved(REQUEST)), reply, server.answer(dialect.approved(REQUEST)));
        // Its connection is there: the request leaves at once, however slow the machine is.
        expect(await next(LONG_MS)).toMatchObject({ kind: 'approved' });
        const outcome = await next(SHORT_MS);
        expect(outcome).toMatchObject({ kind: 'unknown', answered: false });
        expect('reason' in outcome && /^[a-z0-9_]+$/.test(outcome.reason)).toBe(true);
        await expect.poll(() => far.requests.length).toBe(2);
        // Nothing that is left of the answer may be read as the answer to the next call.
        expect(await next(LONG_MS)).toMatchObject({ kind: 'approved' });
        expect(far.requests).toHaveLength(3);
        await narrow.close();
      });

      test.each([
        ['no id', { id: '' }],
        ['an id too long to keep', { id: 'x'.repeat(256) }],
        ['an id that no database takes', { id: 'ch_\u0000' }],
        ['an amount that is no integer', { amountMinor: 100.5 }],
        ['an amount beyond exact numbers', { amountMinor: 2 ** 53 }],
      ])('an approval with %s', async (_name, changes) => {
        const outcome = await call(server.answer(dialect.approved(REQUEST, changes)));
        expect(outcome).toMatchObject({ kind: 'unknown', answered: false });
      });

      test('a giant body is given up after a bounded number of bytes, and its connection is destroyed', async () => {
        await call(server.flood(head(200, 'content-length: 10000000000\r\n'), ' '.repeat(65_536)));
        await expect.poll(() => far.closed()).toBe(1);
      });

      test('a call whose time ends after the send is unknown, and its connection is destroyed', async () => {
        far.script(server.hang);
        const outcome = await untilArrived(() => gateway.call(REQUEST, { timeoutMs: HELD_MS, mayLeave }));
        expect(outcome).toEqual({ kind: 'unknown', answered: false, reason: 'timeout' });
        expect(far.requests).toHaveLength(1);
        await expect.poll(() => far.closed()).toBe(1);
      });

      test('close() in the middle of a call is unknown', async () => {
        far.script(server.hang);
        const outcome = gateway.call(REQUEST, { timeoutMs: LONG_MS, mayLeave });
        await expect.poll(() => far.requests.length).toBe(1);
        await gateway.close();
        expect(await outcome).toMatchObject({ kind: 'unknown', answered: false });
      });
    });

    describe('a call of which no byte was sent is refused', () => {
      const elsewhere = async (origin: string, timeoutMs = LONG_MS): Promise<CallOutcome | NotSent> => {
        const other = connect(origin);
        try {
          return await other.call(REQUEST, { timeoutMs, mayLeave });
        } finally {
          await other.close();
        }
      };

      test('nobody listens', async () => {
        const gone = await server.startScriptedServer();
        await gone.close();
        expect(await elsewhere(`http://127.0.0.1:${gone.port}`)).toEqual({
          kind: 'refused',
          reason: 'connection_refused',
        });
      });

      test('the name does not exist', async () => {
        expect(await elsewhere('http://gateway.invalid')).toMatchObject({ kind: 'refused' });
      });

      test('the TLS handshake fails', async () => {
        far.onConnection((socket) => socket.on('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')));
        expect(await elsewhere(`https://127.0.0.1:${far.port}`)).toMatchObject({ kind: 'refused' });
      });

      test('the TLS handshake is cut off', async () => {
        far.onConnection((socket) => socket.resetAndDestroy());
        expect(await elsewhere(`https://127.0.0.1:${far.port}`)).toMatchObject({ kind: 'refused' });
      });

      test('the time is up while connecting, and nothing is sent afterwards', async () => {
        const helloes: Buffer[] = [];
        far.onConnection((socket) => socket.on('data', (chunk) => helloes.push(chunk)));
        expect(await elsewhere(`https://127.0.0.1:${far.port}`, SHORT_MS)).toEqual({
          kind: 'refused',
          reason: 'timeout_before_send',
        });
        await expect.poll(() => far.open()).toBe(0);
        // 0x16 is a TLS handshake record: the only thing that ever came.
        expect(helloes.every((chunk) => chunk[0] === 0x16)).toBe(true);
      });

      test('no time left', async () => {
        far.script(server.answer(dialect.approved(REQUEST)));
        expect(await call(null, 0)).toEqual({ kind: 'refused', reason: 'timeout_before_send' });
        expect(far.connections()).toBe(0);
      });

      test('the time is up while waiting for a connection, and it is not sent when one becomes free', async () => {
        const narrow = connect(`http://127.0.0.1:${far.port}`, { maxConnections: 1 });
        let finish = () => {};
        far.script(
          (socket) => {
            finish = () => socket.write(server.bytesOf(dialect.approved(REQUEST)));
          },
          server.answer(dialect.approved({ ...REQUEST, key: 'third' })),
        );
        const first = narrow.call(REQUEST, { timeoutMs: LONG_MS, mayLeave });
        await expect.poll(() => far.requests.length).toBe(1);
        const second = await narrow.call({ ...REQUEST, key: 'second' }, { timeoutMs: SHORT_MS, mayLeave });
        expect(second).toEqual({ kind: 'refused', reason: 'timeout_before_send' });
        finish();
        expect(await first).toMatchObject({ kind: 'approved' });
        const third = await narrow.call({ ...REQUEST, key: 'third' }, { timeoutMs: LONG_MS, mayLeave });
        expect(third).toMatchObject({ kind: 'approved' });
        expect(far.requests).toHaveLength(2);
        await narrow.close();
      });

      test('after close()', async () => {
        await gateway.close();
        expect(await call(server.answer(dialect.approved(REQUEST)))).toMatchObject({ kind: 'refused' });
        expect(far.connections()).toBe(0);
      });
    });

    describe('connections that are kept', () => {
      /** With one connection only, so that the next call has to take the one that was used before. */
      let narrow: Gateway;
      beforeEach(() => {
        narrow = connect(`http://127.0.0.1:${far.port}`, { maxConnections: 1 });
      });
      afterEach(() => narrow.close());
      const next = () => narrow.call(REQUEST, { timeoutMs: LONG_MS, mayLeave });

      test('one connection serves calls one after the other', async () => {
        far.script(server.answer(dialect.approved(REQUEST)));
        for (let index = 0; index < 5; index += 1) await next();
        expect(far.requests).toHaveLength(5);
        expect(far.connections()).toBe(1);
      });

      test.each([
        ['reset', server.reset],
        ['closed', server.close],
      ])(
        'a reused connection that is %s under a call is unknown, and the call is not sent again',
        async (_how, end) => {
          far.script(server.answer(dialect.approved(REQUEST)), end, server.answer(dialect.approved(REQUEST)));
          expect(await next()).toMatchObject({ kind: 'approved' });
          expect(await next()).toMatchObject({ kind: 'unknown', answered: false });
          expect(far.connections()).toBe(1);
          expect(far.requests).toHaveLength(2);
        },
      );

      test('a connection that the gateway closed while idle is replaced', async () => {
        const bytes = server.bytesOf(dialect.approved(REQUEST));
        far.script(server.writeAndClose(bytes), server.answer(dialect.approved(REQUEST)));
        expect(await next()).toMatchObject({ kind: 'approved' });
        await expect.poll(() => far.open()).toBe(0);
        expect(await next()).toMatchObject({ kind: 'approved' });
        expect(far.requests).toHaveLength(2);
      });

      test('a second answer that nobody asked for is never taken as the answer to the next call', async () => {
        const limited = server.bytesOf(dialect.plain(429));
        const bytes = Buffer.concat([server.bytesOf(dialect.approved(REQUEST)), limited]);
        far.script(server.write(bytes), server.answer(dialect.approved(REQUEST)));
        expect(await next()).toMatchObject({ kind: 'approved' });
        expect(await next()).toMatchObject({ kind: 'approved' });
        expect(far.requests).toHaveLength(2);
      });

      test.each([
        ['a limit', dialect.plain(429)],
        ['an error', dialect.plain(500)],
        ['a refusal of our credentials', dialect.plain(401)],
        ['a key in progress', dialect.busy()],
        ['a key that was reused', dialect.keyReused()],
      ])(
        '%s that names no key answers no call if another call was answered before, and ends its connection',
        async (_name, raw) => {
          const headers = { ...raw.headers, 'retry-after': '3' };
          far.script(server.answer(dialect.approved(REQUEST)), server.answer({ ...raw, headers }));
          expect(await next()).toMatchObject({ kind: 'approved' });
          expect(await next()).toEqual({
            kind: 'unknown',
            answered: false,
            reason: 'answer_without_key',
            retryAfterMs: 3_000,
          });
          expect(far.connections()).toBe(1);
          // On a connection of its own, it is the answer to the call.
          expect(await next()).notToMatchObject({ answered: false });
          expect(far.connections()).toBe(2);
        },
      );

      test('an error that is said twice is not the answer to the next try', async () => {
        const served = new Set<unknown>();
        far.script((socket) => {
          const isBehind = served.size === 0 || served.has(socket);
          served.add(socket);
          socket.write(server.bytesOf(isBehind ? dialect.failed(REQUEST) : dialect.approved(REQUEST)));
        });
        expect(await next()).toMatchObject({ kind: 'unknown', answered: true });
        expect(await next()).toMatchObject({ kind: 'approved' });
        expect(far.connections()).toBe(2);
      });

      test('an error about our call ends it, whatever its connection served before', async () => {
        far.script(server.answer(dialect.approved(REQUEST)), server.answer(dialect.failed(REQUEST)));
        expect(await next()).toMatchObject({ kind: 'approved' });
        expect(await next()).toEqual({ kind: 'unknown', answered: true, reason: 'http_500' });
        expect(far.connections()).toBe(1);
      });

      test('200 calls at once are 200 requests, each with its own answer', async () => {
        far.script((socket, received) => {
          const key = Object.values(received.headers).find((value) => value.startsWith('key-')) ?? '';
          const ours = { ...REQUEST, key };
          // Every third is lost, in the two ways after which clients like to send again.
          const index = Number(key.slice(4));
          if (index % 6 === 0) socket.resetAndDestroy();
          else if (index % 6 === 3) socket.end();
          else socket.write(server.bytesOf(dialect.approved(ours, { id: `ch_${index}` })));
        });
        const outcomes = await Promise.all(
          Array.from({ length: 200 }, (_, index) =>
            gateway.call({ ...REQUEST, key: `key-${index}` }, { timeoutMs: LONG_MS, mayLeave }),
          ),
        );
        expect(far.requests).toHaveLength(200);
        outcomes.forEach((outcome, index) => {
          expect(outcome).toMatchObject(
            index % 3 === 0 ? { kind: 'unknown', answered: false } : { kind: 'approved', ref: `ch_${index}` },
          );
        });
      });

      test('hanging calls do not keep lookups out', async () => {
        far.script(server.hang, server.answer(dialect.found(REQUEST, [])));
        const hanging = narrow.call(REQUEST, { timeoutMs: LONG_MS, mayLeave });
        await expect.poll(() => far.requests.length).toBe(1);
        expect(await narrow.lookup(REQUEST, { timeoutMs: LONG_MS })).toEqual({ kind: 'absent' });
        await narrow.close();
        expect(await hanging).toMatchObject({ kind: 'unknown' });
      });
    });

    describe('a lookup', () => {
      const list = (...charges: ChargeChanges[]): Reply => server.answer(dialect.found(REQUEST, charges));

      test('an empty list is absent, and it has no effect at the gateway', async () => {
        expect(await lookup(list())).toEqual({ kind: 'absent' });
        expect(far.requests).toHaveLength(1);
        expect(far.requests[0]?.method).toBe('GET');
      });

      test.each([
        ['succeeded', { kind: 'succeeded', ref: 'ch_1' }],
        ['pending', { kind: 'pending', ref: 'ch_1' }],
        ['declined', { kind: dialect.declineIsFinal ? 'declined' : 'open', ref: 'ch_1' }],
      ])('a %s charge is found', async (status, expected) => {
        expect(await lookup(list({ id: 'ch_1', status }))).toMatchObject(expected);
      });

      test.each(['refunded', 'voided', 'canceled'])('a %s charge is not live any more', async (status) => {
        expect(await lookup(list({ id: 'ch_1', status }))).toEqual({ kind: 'reversed', refs: ['ch_1'] });
        expect(await lookup(list({ id: 'ch_1', status }, { id: 'ch_2' }))).toEqual({
          kind: 'succeeded',
          ref: 'ch_2',
        });
      });

      test('two live charges are duplicated', async () => {
        expect(await lookup(list({ id: 'ch_1' }, { id: 'ch_2' }))).toEqual({
          kind: 'duplicated',
          refs: ['ch_1', 'ch_2'],
        });
      });

      test.each([
        ['amount', { amountMinor: 1 }],
        ['currency', { currency: 'EUR' }],
      ])('a live charge of another %s is a mismatch', async (field, changes) => {
        expect(await lookup(list({ id: 'ch_1', ...changes }))).toEqual({
          kind: 'mismatch',
          ref: 'ch_1',
          reason: `${field}_mismatch`,
        });
      });

      const noEvidence: [name: string, reply: Reply, isOutOfTime?: boolean][] = [
        ...(dialect.listsOneKey
          ? [['a charge of another key', list({ key: 'another-key' })] satisfies [string, Reply]]
          : []),
        ['a charge of another reference', list({ reference: 'somebody-else' })],
        ['a status from the future', list({ status: 'a_word_from_the_future' })],
        ['a live charge next to an unreadable one', list({}, { status: '' })],
        ['reset', server.reset],
        ['closed', server.close],
        ['never answered', server.hang, true],
        ['truncated', server.writeAndClose(server.bytesOf(dialect.found(REQUEST, [])).subarray(0, -1))],
        ['compressed', server.answer(withHeader(dialect.found(REQUEST, []), 'content-encoding', 'gzip'))],
        ['HTML', server.answer(withHeader(dialect.found(REQUEST, []), 'content-type', 'text/html'))],
        ['not JSON', server.answer({ ...dialect.found(REQUEST, []), body: 'none' })],
        ['a body without a list', server.answer({ ...dialect.found(REQUEST, []), body: '{}' })],
        ['an empty body', server.answer({ ...dialect.found(REQUEST, []), body: '' })],
        ...[201, 204, 301, 302, 400, 404, 408, 410, 500, 502, 503].map((status): [string, Reply] => [
          `${status}`,
          server.answer(dialect.plain(status)),
        ]),
      ];
      test.each(noEvidence)('%s is no evidence', async (_name, reply, isOutOfTime = false) => {
        const outcome = isOutOfTime ? untilArrived(() => lookup(reply, HELD_MS)) : lookup(reply);
        expect(await outcome).toMatchObject({ kind: 'unavailable' });
        expect(far.requests).toHaveLength(1);
      });

      test('429 is unavailable, and the wait is passed on', async () => {
        const raw = withHeader(dialect.plain(429), 'retry-after', '4');
        expect(await lookup(server.answer(raw))).toMatchObject({ kind: 'unavailable', retryAfterMs: 4_000 });
      });

      test.each([401, 403])('%i is forbidden', async (status) => {
        expect(await lookup(server.answer(dialect.plain(status)))).toMatchObject({ kind: 'forbidden' });
      });
    });

    test('no timer is left behind by 50 calls with every outcome', async () => {
      const timers = recordTimers();
      try {
        for (let index = 0; index < 50; index += 1) {
          await call(index % 2 === 0 ? server.answer(dialect.approved(REQUEST)) : server.reset);
        }
        const deadlines = timers.set.filter(({ ms }) => ms === LONG_MS);
        if (suite.reasons === 'exact') expect(deadlines).toHaveLength(50);
        for (const { timer } of deadlines) expect(timers.cleared.has(timer)).toBe(true);
      } finally {
        timers.restore();
      }
    });
  });
}

function withHeader(raw: RawAnswer, name: string, value: string): RawAnswer {
  return { ...raw, headers: { ...raw.headers, [name]: value } };
}
