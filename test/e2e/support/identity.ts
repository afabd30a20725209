/** The names under which an order must reach the gateway, computed anew from the design. */
import { createHash } from 'node:crypto';
import pg from 'pg';

function uuid5(namespace: string, name: string): string {
  const hash = createHash('sha1')
    .update(Buffer.from(namespace.replaceAll('-', ''), 'hex'))
    .update(name, 'utf8');
  const bytes = hash.digest().subarray(0, 16);
  bytes[6] = (bytes.readUInt8(6) & 0x0f) | 0x50;
  bytes[8] = (bytes.readUInt8(8) & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

export interface Identity {
  reference(orderId: string): string;
  key(orderId: string, n: number): string;
}

export async function readIdentity(databaseUrl: string): Promise<Identity> {
  const [row] = await query(databaseUrl, 'SELECT installation_id FROM payonce.installation');
  const account = uuid5(String(row?.installation_id), 'default');
  const reference = (orderId: string) => uuid5(account, orderId);
  return { reference, key: (orderId, n) => uuid5(reference(orderId), `charge:${n}`) };
}

export async function query(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}
