/** Poolers that lose an answer of the database, and say so in words of their own. */
import { type AddressInfo, connect, createServer } from 'node:net';
import pg from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import { openDatabase } from '../postgres/world.ts';
import { createScriptedGateway } from '../support/scripted-gateway.ts';
import { addressOf, throughProxy } from '../support/tcp-proxy.ts';
import { openProgram } from './world.ts';

const ORDER = { orderId: 'ORD123', amountMinor: 1000, currency: 'USD' };

/** An error message of PostgreSQL's protocol, without the end of an answer behind it. */
function errorOf(severity: string, state: string): Buffer {
  const fields = Buffer.from(`S${severity}\0C${state}\0Merror receiving data from server\0\0`);
  const head = Buffer.from('E\0\0\0\0');
  head.writeInt32BE(fields.length + 4, 1);
  return Buffer.concat([head, fields]);
}

/** Forwards all bytes. The first statement with this text reaches the database, and its answer is replaced by `error` and the end of the connection. */
async function startPooler(url: string, text: string, error: Buffer) {
  const target = addressOf(url);
  let lost = 0;
  const pooler = createServer((client) => {
    const server = connect(target.port, target.host);
    let isLost = false;
    client.on('data', (data) => {
      if (lost === 0 && data.includes(text)) {
        lost += 1;
        isLost = true;
      }
      server.write(data);
    });
    server.on('data', (data) => {
      if (!isLost) client.write(data);
      else client.end(error);
    });
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const) {
      one.on('error', () => {});
      one.on('close', () => other.destroy());
    }
  });
  await new Promise<void>((listening) => pooler.listen(0, '127.0.0.1', listening));
  onTestFinished(() => void pooler.close());
  const { port } = pooler.address() as AddressInfo;
  return { url: throughProxy(url, { host: '127.0.0.1', port }), lost: () => lost };
}

test.each([
  ['FATAL', '58000'],
  // A word that the server has translated, and a state that otherwise means that nothing was written.
  ['FATALER FEHLER', '53100'],
])(
  'a payment whose answer a pooler has lost (%s, %s) is not told to be unstored',
  async (severity, state) => {
    const database = await openDatabase();
    const pooler = await startPooler(database.url, 'INSERT INTO payonce.payments', errorOf(severity, state));
    const pool = new pg.Pool({ connectionString: pooler.url, max: 5 });
    onTestFinished(() => pool.end());
    const gateway = createScriptedGateway();
    const { payonce } = await openProgram(gateway, { pool });
    const result = await payonce.charge(ORDER, { waitMs: 60_000, idempotencyKey: 'one' });
    expect(pooler.lost()).toBe(1);
    expect(result).toMatchObject({ outcome: 'paid', payment: { status: 'COMPLETED' } });
    expect(gateway.calls).toHaveLength(1);
  },
);
