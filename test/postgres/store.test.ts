import { storeSuite } from '../suites/store.suite.ts';
import { createDatabase } from '../support/database.ts';
import { createPostgresHarness } from './harness.ts';

storeSuite('PostgreSQL', async () => {
  const { url, drop } = await createDatabase();
  return createPostgresHarness({ url, adminUrl: url, close: drop });
});
