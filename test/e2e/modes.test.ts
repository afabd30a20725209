/** Test payments never count as money: what a real process reports, what it refuses, and what it passes on to its workers. */
import { afterAll, expect, test } from 'vitest';
import { makeDataDir, removeOriginal } from '../support/data-dir.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { removeDataDir } from '../support/temporary-folder.ts';
import { until } from '../support/until.ts';
import { startGateway } from './gateway/gateway.ts';
import { createClient, json } from './support/client.ts';
import { type Env, FAST, type Service, startService } from './support/service.ts';

afterAll(removeOriginal);

async function withDatabase(work: (database: TestDatabase) => Promise<void>): Promise<void> {
  const database = await createDatabase();
  try {
    await work(database);
  } finally {
    await database.drop();
  }
}

async function running<T>(env: Env, work: (service: Service) => Promise<T>): Promise<T> {
  const service = await startService({ ...FAST, ...env });
  try {
    return await work(service);
  } finally {
    service.signal('SIGTERM');
    await service.ended;
  }
}

/** Pays until the order is COMPLETED: the mounted gateway fails now and then. */
async function pay({ url }: Service, orderId: string): Promise<Record<string, unknown>> {
  const client = createClient(() => url);
  let n = 0;
  return until(`${orderId} to be paid`, async () => {
    n += 1;
    const answer = json(await client.pay({ orderId, key: `${orderId}-${n}` }));
    return answer.status === 'COMPLETED' ? answer : null;
  });
}

test('an empty GATEWAY_URL with a token: refused, with everything else that is wrong, and without showing a value', async () => {
  await withDatabase(async ({ url }) => {
    const env = {
      DATABASE_URL: url,
      GATEWAY_URL: '',
      GATEWAY_TOKEN: 'hunter2',
      GATWAY_URL: 'x',
      SWEEP_MS: '1',
    };
    const refused = await startService(env).then(
      () => 'started',
      (error: unknown) => String(error),
    );
    expect(refused).toContain('nothing was started');
    expect(refused).toContain('Set GATEWAY_URL to the address of your gateway.');
    expect(refused).toContain('GATWAY_URL is no setting of Payonce. Did you mean GATEWAY_URL?');
    expect(refused).toContain('SWEEP_MS must be');
    expect(refused).not.toContain('hunter2');
  });
});

test('a database that the fake gateway was used on is refused by a real one, and the other way round', async () => {
  await withDatabase(async (tests) => {
    const gateway = await startGateway({});
    try {
      const fake = { DATABASE_URL: tests.url, GATEWAY: 'fake' };
      const real = { DATABASE_URL: tests.url, GATEWAY_URL: gateway.url };
      await running(fake, async (service) => {
        await until('the warning', () => service.output().includes('it moves no real money'));
        expect(await pay(service, 'order-1')).toMatchObject({ gateway: 'fake', livemode: false });
      });
      await expect(startService(real)).rejects.toThrow(
        /This database holds test payments.*Nothing was started/,
      );
      await withDatabase(async (money) => {
        await running({ ...real, DATABASE_URL: money.url }, async (service) => {
          expect(service.output()).not.toContain('no real money');
          expect(await pay(service, 'order-1')).toMatchObject({ gateway: 'http', livemode: true });
        });
        await expect(startService({ ...fake, DATABASE_URL: money.url })).rejects.toThrow(
          /This database holds real payments.*Nothing was started/,
        );
      });
    } finally {
      await gateway.close();
    }
  });
});

test('workers take the gateway that the first process chose, although they see a DATABASE_URL', async () => {
  const folder = await makeDataDir();
  try {
    await running({ WORKERS: '2', DATA_DIR: folder }, async (service) => {
      await until('the warning', () => service.output().includes('/fake-gateway; it moves no real money'));
      expect(await pay(service, 'order-1')).toMatchObject({ gateway: 'fake', livemode: false });
    });
  } finally {
    removeDataDir(folder);
  }
});
