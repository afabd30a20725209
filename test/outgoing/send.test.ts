/** One event to a receiver that does everything wrong, over real sockets. */
import { createServer } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Address, AddressRules, Resolve } from '../../src/outgoing/addresses.ts';
import { createSender, type SenderOptions } from '../../src/outgoing/send.ts';
import { answering, startReceiver } from './receiver.ts';

const HERE: Address = { address: '127.0.0.1', family: 4 };
const PUBLIC: Address = { address: '8.8.8.8', family: 4 };
const OPEN: AddressRules = { resolve: async () => [HERE], allowPrivate: true };

function open(options: Partial<SenderOptions> = {}) {
  const sender = createSender({ ...OPEN, ...options });
  onTestFinished(() => sender.close());
  return (url: string) => sender.send({ url, headers: { 'webhook-id': 'evt_1' }, body: '{"a":1}' });
}

describe('the answer', () => {
  test('is kept, and the event came as it was sent', async () => {
    const { url, received } = await startReceiver(answering(200, {}, 'thanks'));
    expect(await open()(url)).toEqual({ status: 200, retryAfterMs: null, answer: 'thanks', error: null });
    expect(received).toMatchObject([{ body: '{"a":1}', headers: { 'webhook-id': 'evt_1' } }]);
  });

  test.each([400, 410, 429, 500, 503])('%i', async (status) => {
    const { url } = await startReceiver(answering(status, { 'retry-after': '7' }, 'no'));
    expect(await open()(url)).toMatchObject({ status, retryAfterMs: 7000, answer: 'no' });
  });

  test.each([301, 302, 303, 307, 308])('%i is not followed', async (status) => {
    const other = await startReceiver();
    const { url } = await startReceiver(answering(status, { location: other.url }));
    expect(await open()(url)).toMatchObject({ status, error: null });
    expect(other.received).toEqual([]);
  });

  test('of any size is cut after a kilobyte', async () => {
    const { url } = await startReceiver((reply) => {
      reply.writeHead(200);
      const more = (): void => {
        while (!reply.destroyed && reply.write('x'.repeat(65_536)));
      };
      reply.on('drain', more);
      more();
    });
    const sent = await open()(url);
    expect([sent.status, sent.answer?.length]).toEqual([200, 1024]);
  });

  test('that drips is not waited for: its status counts', async () => {
    const { url } = await startReceiver((reply) => {
      reply.writeHead(200);
      reply.write('a');
    });
    expect(await open()(url)).toMatchObject({ status: 200 });
  });

  test('holds nothing that cannot be stored', async () => {
    const { url } = await startReceiver((reply) => {
      reply.writeHead(200).end(Buffer.concat([Buffer.from([0, 0xff]), Buffer.from(` 4${'0'.repeat(14)}2 `)]));
    });
    const { answer } = await open()(url);
    expect(answer).not.toContain('\0');
    expect(answer).not.toContain('00000');
  });
});

describe('no answer', () => {
  test('in time', async () => {
    const { url } = await startReceiver(() => {});
    expect(await open({ timeoutMs: 200 })(url)).toEqual({
      status: null,
      retryAfterMs: null,
      answer: null,
      error: 'There was no answer within 0.2 seconds.',
    });
  });

  test('headers that drip', async () => {
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', () => {
        const timer = setInterval(() => socket.write('HTTP/1.1 200 OK\r\nx: '.charAt(0)), 50);
        socket.on('close', () => clearInterval(timer));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as { port: number };
    const sent = await open({ timeoutMs: 300 })(`http://127.0.0.1:${port}/`);
    expect(sent.status).toBeNull();
  });

  test.each([
    ['interim answers', 'HTTP/1.1 103 Early Hints\r\n\r\n'],
    ['blank lines', '\r\n\r\n'],
  ])('%s without end', async (_name, text) => {
    const flood = Buffer.from(text.repeat(4000));
    const server = createServer((socket) => {
      socket.on('error', () => {});
      const more = (): void => {
        while (!socket.destroyed && socket.write(flood));
      };
      socket.once('data', more).on('drain', more);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as { port: number };
    expect(await open({ timeoutMs: 3000 })(`http://127.0.0.1:${port}/`)).toMatchObject({
      error: 'More came in than any answer needs, so the connection was ended.',
    });
  });

  test('the connection is refused', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    await new Promise((resolve) => server.close(resolve));
    expect(await open()(`http://127.0.0.1:${port}/`)).toMatchObject({
      error: 'The connection was refused. Nothing was sent.',
    });
  });

  test('the connection breaks', async () => {
    const { url } = await startReceiver((reply) => reply.destroy());
    expect(await open()(url)).toMatchObject({ error: 'The connection broke before the answer.' });
  });

  test('it is not TLS', async () => {
    const { port, received } = await startReceiver();
    const sent = await open()(`https://127.0.0.1:${port}/`);
    expect([sent.status, sent.error]).toEqual([null, expect.stringContaining('TLS')]);
    expect(received).toEqual([]);
  });

  test('the name has no address', async () => {
    const resolve: Resolve = () => Promise.reject(Object.assign(new Error('no'), { code: 'ENOTFOUND' }));
    expect(await open({ resolve })('http://nowhere.example/')).toMatchObject({
      error: 'The host name has no address. Nothing was sent.',
    });
  });
});

test('a URL without TLS, stored while it was allowed, is sent nothing', async () => {
  const { port, connections } = await startReceiver();
  for (const host of ['shop.example', '127.0.0.1'])
    expect(
      await open({ allowPrivate: false, resolve: async () => [HERE] })(`http://${host}:${port}/`),
    ).toMatchObject({ error: 'The URL does not begin with https://. Nothing was sent. Change it.' });
  expect(connections()).toBe(0);
});

describe('an address that is not public', () => {
  const REFUSED = {
    status: null,
    error: 'The host leads to an address that is not public. Nothing was sent.',
  };

  test.each(['127.0.0.1', '[::1]', '[::ffff:127.0.0.1]', '0x7f.1', '2130706433', '127.1'])(
    '%s in the URL',
    async (host) => {
      const { port, connections } = await startReceiver();
      expect(await open({ allowPrivate: false })(`https://${host}:${port}/`)).toMatchObject(REFUSED);
      expect(connections()).toBe(0);
    },
  );

  test('behind a name, also as one of several', async () => {
    const { port, connections } = await startReceiver();
    for (const addresses of [[HERE], [PUBLIC, HERE], [HERE, PUBLIC]]) {
      const send = open({ allowPrivate: false, resolve: async () => addresses });
      expect(await send(`https://shop.example:${port}/`)).toMatchObject(REFUSED);
    }
    expect(connections()).toBe(0);
  });

  test('behind a name that was public a moment ago (DNS rebinding): the answer that the socket uses is checked', async () => {
    const { port, connections } = await startReceiver();
    const answers: Address[] = [PUBLIC];
    let asked = 0;
    const resolve: Resolve = async () => {
      asked += 1;
      return [answers.shift() ?? HERE];
    };
    expect(await resolve('shop.example')).toEqual([PUBLIC]); // at registration
    expect(await open({ allowPrivate: false, resolve })(`https://shop.example:${port}/`)).toMatchObject(
      REFUSED,
    );
    expect([asked, connections()]).toEqual([2, 0]);
  });
});
