import { on, once } from 'node:events';
import { type AddressInfo, createServer, connect as dial, type Socket } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { TEST_CERTIFICATE } from './certificate.ts';
import { startTlsFront, type TlsFront } from './tls-front.ts';

let front: TlsFront;
let closeServer: () => Promise<void>;
/** The connections that the server behind the front gets. */
let arrivals: AsyncIterableIterator<[Socket]>;
const clients: TLSSocket[] = [];

beforeEach(async () => {
  const server = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const sockets: Socket[] = [];
  server.on('connection', (socket) => {
    sockets.push(socket);
    socket.on('error', () => {});
  });
  arrivals = on(server, 'connection') as AsyncIterableIterator<[Socket]>;
  front = await startTlsFront({ host: '127.0.0.1', port: (server.address() as AddressInfo).port });
  closeServer = async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  };
});

afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  await front.close();
  await closeServer();
});

async function arrival(): Promise<Socket> {
  const { value } = await arrivals.next();
  return value[0];
}

function knock(socket = dial(front)): TLSSocket {
  const client = connect({ socket, host: front.host, ca: TEST_CERTIFICATE });
  client.on('error', () => {});
  clients.push(client);
  return client;
}

function howItLeaves(far: Socket): Promise<string> {
  return new Promise((resolve) => {
    far.once('end', () => resolve('closed'));
    far.once('error', () => resolve('reset'));
  });
}

test('what the client says arrives in plain, and the answer comes back', async () => {
  const client = knock();
  const far = await arrival();
  client.write('hello');
  expect(String((await once(far, 'data'))[0])).toBe('hello');
  far.write('good day');
  expect(String((await once(client, 'data'))[0])).toBe('good day');
});

test('the close of a client arrives as a close, its reset as a reset', async () => {
  for (const how of ['closed', 'reset'] as const) {
    const plain = dial(front);
    const client = knock(plain);
    const far = await arrival();
    client.write('x');
    await once(far, 'data');
    // A client that closes before it has read everything sends a reset. So it reads everything first.
    far.write('y');
    await once(client, 'data');
    const left = howItLeaves(far);
    if (how === 'closed') client.destroy();
    else plain.resetAndDestroy();
    expect(await left).toBe(how);
  }
});

test('what the front ends itself ends with a reset: the network behind it must deliver nothing of it later', async () => {
  const client = knock();
  const far = await arrival();
  client.write('x');
  await once(far, 'data');
  const left = howItLeaves(far);
  front.holdHandshakes();
  expect(await left).toBe('reset');
});

test('a handshake hangs until it is released, and only then the server hears of the connection', async () => {
  const before = knock();
  await arrival();
  const held = front.holdHandshakes();
  await new Promise((resolve) => before.once('close', resolve));
  const client = knock();
  await held.met;
  let secure = false;
  const handshake = once(client, 'secureConnect').then(() => {
    secure = true;
  });
  expect(secure).toBe(false);
  expect(held.release()).toBe(1);
  await handshake;
  client.write('now');
  expect(String((await once(await arrival(), 'data'))[0])).toBe('now');
});
