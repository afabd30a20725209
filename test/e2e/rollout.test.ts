/** An old process runs next to a new one, whose release has changed the database. */
import { expect, test } from 'vitest';
import { query } from '../../sim/chaos/processes/query.ts';
import { until } from '../support/until.ts';
import { onStage } from './support/stage.ts';

const NEWER = `INSERT INTO payonce.migrations (version, name, checksum) VALUES (900, '900_newer.sql', 'x')`;

test('an old process that can still write stays ready; one that cannot is not, and says why', async () => {
  await onStage({}, async (stage) => {
    const { output } = stage.service();
    const ready = async (): Promise<number> => (await stage.client.get('/readyz')).status;
    await query(stage.databaseUrl, NEWER);
    expect([await ready(), (await stage.client.pay({ orderId: 'beside' })).status]).toEqual([200, 201]);
    await query(
      stage.databaseUrl,
      `ALTER TABLE payonce.payments ADD COLUMN tip bigint NOT NULL DEFAULT 0;
       ALTER TABLE payonce.payments ALTER COLUMN tip DROP DEFAULT`,
    );
    expect([await ready(), await ready()]).toEqual([503, 503]);
    expect((await stage.client.pay({ orderId: 'refused' })).status).toBe(503);
    await until('the alarm', () => output().includes('null value in column \\"tip\\"'));
    expect(output().split('"alarm":"newer_release"')).toHaveLength(2);
  });
});
