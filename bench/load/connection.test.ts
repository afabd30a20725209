import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { type Answer, type Connection, openConnection } from './connection.ts';

let server: Server;
let connection: Connection;
afterEach(() => {
  connection.close();
  server.close();
});

/** A server that does `answer` with whatever is sent to it. */
async function serve(answer: (socket: Socket, nth: number) => void): Promise<void> {
  let nth = 0;
  server = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', () => {
      nth += 1;
      answer(socket, nth);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  connection = openConnection({ host: '127.0.0.1', port });
}

const ask = (): Promise<Answer> =>
  new Promise((resolve) => connection.send('GET / HTTP/1.1\r\n\r\n', resolve));

test('an answer in pieces is put together', async () => {
  await serve((socket) => {
    const pieces = ['HTTP/1.1 20', '0 OK\r\nContent-Le', 'ngth: 2\r\n\r', '\nh', 'i'];
    for (const [index, piece] of pieces.entries()) setTimeout(() => socket.write(piece), index * 5);
  });
  expect(await ask()).toMatchObject({ status: 200, body: 'hi' });
});

test('one connection serves one request after another', async () => {
  await serve((socket, nth) => socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n${nth}`));
  expect([(await ask()).body, (await ask()).body]).toEqual(['1', '2']);
});

test('a connection that breaks answers with 0, and the next request opens another', async () => {
  await serve((socket, nth) => {
    if (nth === 1) socket.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf');
    else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
  });
  expect([(await ask()).status, (await ask()).status]).toEqual([0, 200]);
});

test('a connection that is closed while an answer is due answers with 0', async () => {
  await serve(() => {});
  await connection.open();
  const answer = ask();
  connection.close();
  expect(await answer).toEqual({ status: 0, body: '' });
});
