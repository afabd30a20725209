/** Names of endpoints, asked of a name server on this machine. */
import { createSocket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { expect, onTestFinished, test } from 'vitest';
import { askNameServers } from '../../src/outgoing/addresses.ts';
import { until } from '../support/until.ts';

const A = 1;
const NXDOMAIN = 3;
const SERVFAIL = 2;

/** What it says about a name: addresses as bytes, or the code of an error. */
type Says = (type: 'A' | 'AAAA') => readonly number[][] | number;

/** Answers each question by UDP, as RFC 1035 says. `held`: not before `release`. */
async function startNameServer(says: Says, { held = false } = {}) {
  const socket = createSocket('udp4');
  let asked = 0;
  let release = (): void => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  if (!held) release();
  socket.on('message', async (question, { port, address }) => {
    asked += 1;
    await released;
    const type = question.readUInt16BE(question.indexOf(0, 12) + 1);
    socket.send(answerTo(question, type, says(type === A ? 'A' : 'AAAA')), port, address);
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  onTestFinished(() => void socket.close());
  return { servers: [`127.0.0.1:${socket.address().port}`], asked: () => asked, release };
}

function answerTo(question: Buffer, type: number, said: readonly number[][] | number): Buffer {
  const end = question.indexOf(0, 12) + 5;
  const header = Buffer.from(question.subarray(0, end));
  const records = typeof said === 'number' ? [] : said;
  header.writeUInt16BE(0x8180 + (typeof said === 'number' ? said : 0), 2);
  header.writeUInt16BE(records.length, 6);
  // Of the question only, without what follows it.
  header.writeUInt32BE(0, 8);
  const bytes = records.map((address) =>
    Buffer.from([0xc0, 12, 0, type, 0, 1, 0, 0, 0, 0, 0, address.length, ...address]),
  );
  return Buffer.concat([header, ...bytes]);
}

const V6 = [0x20, 0x01, 0x48, 0x60, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x88, 0x88];

test('a name leads to all its addresses of both families', async () => {
  const { servers } = await startNameServer((type) =>
    type === 'A'
      ? [
          [8, 8, 8, 8],
          [127, 0, 0, 1],
        ]
      : [V6],
  );
  expect(await askNameServers({ servers })('shop.example')).toEqual([
    { address: '8.8.8.8', family: 4 },
    { address: '127.0.0.1', family: 4 },
    { address: '2001:4860::8888', family: 6 },
  ]);
});

test('one family is enough, whatever is said about the other one', async () => {
  for (const other of [[], NXDOMAIN, SERVFAIL]) {
    const { servers } = await startNameServer((type) => (type === 'A' ? [[8, 8, 8, 8]] : other));
    expect(await askNameServers({ servers })('shop.example')).toEqual([{ address: '8.8.8.8', family: 4 }]);
  }
});

test.each([
  ['no such name', () => NXDOMAIN, 'ENOTFOUND'],
  ['no address', () => [], 'ENOTFOUND'],
  ['an error', () => SERVFAIL, 'EAI_AGAIN'],
  ['an error for one family', (type) => (type === 'A' ? SERVFAIL : []), 'EAI_AGAIN'],
] as const satisfies [string, Says, string][])('%s', async (_name, says, code) => {
  const { servers } = await startNameServer(says);
  await expect(askNameServers({ servers })('shop.example')).rejects.toMatchObject({ code });
});

test('names that are not answered yet keep no other lookup of this process waiting', async () => {
  const { servers, asked, release } = await startNameServer(() => NXDOMAIN, { held: true });
  let ended = 0;
  const names = Array.from({ length: 16 }, async (_, n) => {
    await expect(askNameServers({ servers })(`shop-${n}.example`)).rejects.toThrow();
    ended += 1;
  });
  await until('all names are asked for', () => asked() >= 32);
  await lookup('localhost');
  expect(ended).toBe(0);
  release();
  await Promise.all(names);
});

test('a name that is never answered is given up', async () => {
  const { servers } = await startNameServer(() => NXDOMAIN, { held: true });
  const resolve = askNameServers({ servers, withinMs: 50 });
  await expect(resolve('shop.example')).rejects.toMatchObject({ code: 'EAI_AGAIN' });
});
