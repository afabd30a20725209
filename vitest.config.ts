import { configDefaults, defineConfig } from 'vitest/config';
import { TotalsReporter } from './test/support/totals-reporter.ts';

const common = {
  // A process per file: a test that ends or blocks its process must not take others along.
  pool: 'forks',
  testTimeout: 120_000,
  hookTimeout: 60_000,
  // Far more than anything waited for takes, even on a busy machine; only a failing test lasts that long.
  expect: { poll: { timeout: 60_000 } },
} as const;

const WHOLE_SERVICES = 'test/e2e/**/*.test.ts';

export default defineConfig({
  test: {
    globalSetup: ['test/support/global-setup.ts'],
    reporters: ['default', new TotalsReporter()],
    projects: [
      {
        test: {
          ...common,
          name: 'parts',
          include: [
            'src/**/*.test.ts',
            'packages/*/src/**/*.test.ts',
            'sim/**/*.test.ts',
            'bench/**/*.test.ts',
            'test/**/*.test.ts',
          ],
          exclude: [...configDefaults.exclude, WHOLE_SERVICES],
          // PostgreSQL wants a core too.
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          ...common,
          name: 'services',
          include: [WHOLE_SERVICES],
          // Each starts processes of its own, and mostly waits for them.
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
