import { writeSync } from 'node:fs';
import type { Reporter, TestModule } from 'vitest/node';

/**
 * Ends the run's output with `N passed, N failed`, for readers of the last line. A file that could
 * not be loaded, or an error outside any test, counts as a failed test; and a run without tests is a failed run.
 */
export class TotalsReporter implements Reporter {
  private readonly totals = { passed: 0, failed: 0, skipped: 0, pending: 0 };

  onInit(): void {
    // Teardown still follows the last report, and may fail too.
    process.once('exit', () => this.print());
  }

  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const { totals } = this;
    for (const module of modules) {
      for (const test of module.children.allTests()) totals[test.result().state] += 1;
      totals.failed += module.errors().length;
    }
    totals.failed += unhandledErrors.length;
  }

  private print(): void {
    const { passed, failed, skipped, pending } = this.totals;
    if (passed + failed === 0) process.exitCode ||= 1;
    const failedAtAll = failed === 0 && process.exitCode ? 1 : failed;
    const notRun = skipped + pending;
    writeSync(1, `${passed} passed, ${failedAtAll} failed${notRun > 0 ? `, ${notRun} skipped` : ''}\n`);
  }
}
