import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startTcpProxy, type TcpProxy } from './tcp-proxy.ts';
import { until } from './until.ts';

describe('tcp proxy', () => {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      heard.push(chunk.toString());
      socket.write(`re: ${chunk.toString()}`);
    });
  });
  const heard: string[] = [];
  let proxy: TcpProxy;

  beforeEach(async () => {
    heard.length = 0;
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    proxy = await startTcpProxy({ host: '127.0.0.1', port: (server.address() as AddressInfo).port });
  });
  afterEach(async () => {
    await proxy.close();
    await new Promise((resolve) => server.close(resolve));
  });

  async function client(): Promise<{ socket: Socket; answers: string[]; closed: () => boolean }> {
    const socket = connect(proxy.port, proxy.host);
    const answers: string[] = [];
    let closed = false;
    socket.on('data', (chunk) => answers.push(chunk.toString()));
    socket.on('error', () => {});
    socket.on('close', () => {
      closed = true;
    });
    await once(socket, 'connect');
    return { socket, answers, closed: () => closed };
  }

  test('forwards both ways', async () => {
    const { socket, answers } = await client();
    socket.write('a');
    await until('the answer is there', () => answers.length === 1);
    expect([heard, answers, proxy.answers(), proxy.open()]).toEqual([['a'], ['re: a'], 1, 1]);
    socket.end();
    await until('the connection has ended', () => proxy.open() === 0);
  });

  test('loses an answer that the server gave, and nothing else', async () => {
    const first = await client();
    proxy.breakNext('answer');
    first.socket.write('a');
    await until('the connection is cut', first.closed);
    expect([heard, first.answers, proxy.broken()]).toEqual([['a'], [], 1]);
    const second = await client();
    second.socket.write('b');
    await until('the answer is there', () => second.answers.length === 1);
  });

  test('loses what the client sent, and nothing else', async () => {
    const first = await client();
    proxy.breakNext('request');
    first.socket.write('a');
    await until('the connection is cut', first.closed);
    const second = await client();
    second.socket.write('b');
    await until('the answer is there', () => second.answers.length === 1);
    expect([heard, first.answers, proxy.broken()]).toEqual([['b'], [], 1]);
  });

  test('lets what the client sent arrive when the client has gone', async () => {
    const { socket, answers, closed } = await client();
    proxy.breakNext('late');
    socket.write('a');
    await until('the connection is cut', closed);
    expect(heard).toEqual([]);
    proxy.deliver();
    await until('the server has answered', () => proxy.answers() === 1);
    expect([heard, answers, proxy.broken()]).toEqual([['a'], [], 1]);
  });

  test.each(['request', 'answer'] as const)('breaks a later exchange at its %s', async (how) => {
    const { socket, answers, closed } = await client();
    proxy.breakNext(how, 1);
    socket.write('a');
    await until('the answer is there', () => answers.length === 1);
    expect([closed(), proxy.broken()]).toEqual([false, 0]);
    socket.write('b');
    await until('the connection is cut', closed);
    expect([heard, answers]).toEqual([how === 'request' ? ['a'] : ['a', 'b'], ['re: a']]);
  });

  test('breaks nothing after the breaks are cleared', async () => {
    const { socket, answers } = await client();
    proxy.breakNext('request');
    proxy.mend();
    socket.write('a');
    await until('the answer is there', () => answers.length === 1);
    expect(proxy.broken()).toBe(0);
  });

  test('delivers what was held back, although its sender has gone', async () => {
    const { socket } = await client();
    proxy.hold('to_server');
    socket.end('late');
    await until('the sender has gone', () => socket.writableFinished);
    expect(heard).toEqual([]);
    proxy.deliver();
    await until('it has arrived', () => heard.length === 1);
    expect(heard).toEqual(['late']);
  });

  test('holds back only answers, if the test says so', async () => {
    const { socket, answers } = await client();
    proxy.hold('to_client');
    socket.write('a');
    await until('the server has answered', () => proxy.answers() === 1);
    expect([heard, answers]).toEqual([['a'], []]);
    proxy.deliver();
    await until('the answer is there', () => answers.length === 1);
  });

  test('refuses new connections and keeps the open ones', async () => {
    const { socket, answers } = await client();
    proxy.refuse();
    const refused = connect(proxy.port, proxy.host);
    const [error] = await once(refused, 'error');
    expect((error as NodeJS.ErrnoException).code).toBe('ECONNREFUSED');
    socket.write('a');
    await until('the answer is there', () => answers.length === 1);
    await proxy.accept();
    expect((await client()).closed()).toBe(false);
  });

  test('cuts', async () => {
    const { closed } = await client();
    proxy.cut();
    await until('the connection is cut', closed);
    expect(proxy.open()).toBe(0);
  });

  test('delays', async () => {
    const { socket, answers } = await client();
    proxy.delay(1);
    socket.write('a');
    await until('the answer is there', () => answers.length === 1);
  });
});
