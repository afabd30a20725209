/**
 * What every store must do, whatever it is made of: each promise of `src/ports/store.ts` as a test. A store joins
 * by giving a harness. Nothing here waits for time to pass; the harness lets it pass.
 */
import { afterAll, beforeAll, beforeEach, describe } from 'vitest';
import { acceptTests } from './store/accept.ts';
import { advanceTests } from './store/advance.ts';
import { answerTests } from './store/answers.ts';
import { batchedEndingTests } from './store/batched-endings.ts';
import { captureTests } from './store/captures.ts';
import { clockTests } from './store/clocks.ts';
import { dueTests } from './store/due.ts';
import { endingTests } from './store/endings.ts';
import { type Environment, type Handles, RETENTION_MS, type StoreHarness } from './store/environment.ts';
import { evidenceTests, paymentEvidenceTests } from './store/evidence.ts';
import { fencedWriteTests } from './store/fenced-writes.ts';
import { followUpOpeningTests } from './store/follow-ups-opening.ts';
import { followUpReadingTests } from './store/follow-ups-reading.ts';
import { followUpWorkTests } from './store/follow-ups-work.ts';
import { followUpWritingTests } from './store/follow-ups-writing.ts';
import { handleTests } from './store/handles.ts';
import { keyTests } from './store/keys.ts';
import { lateTests } from './store/late.ts';
import { modeTests } from './store/mode.ts';
import { nextChargeTests } from './store/next-charge.ts';
import { readingTests } from './store/reading.ts';
import { readingEndingTests } from './store/reading-endings.ts';
import { rivalWriteTests } from './store/rival-writes.ts';
import { settlingTests } from './store/settling.ts';
import { situationTests } from './store/situation.ts';
import { UNITS } from './store/units.ts';
import { wakeTests } from './store/wake.ts';
import { wishTests } from './store/wishes.ts';

export type { StoreHarness } from './store/environment.ts';

export function storeSuite(name: string, makeHarness: () => Promise<StoreHarness>): void {
  describe(`store: ${name}`, () => {
    let harness: StoreHarness | undefined;
    let handles: Handles | undefined;

    function ready<T>(value: T | undefined): T {
      if (value === undefined) throw new Error('The harness was not opened.');
      return value;
    }
    const environment: Environment = {
      get store() {
        return ready(handles).store;
      },
      get other() {
        return ready(handles).other;
      },
      get frail() {
        return ready(handles).frail;
      },
      advanceClock: (ms) => ready(harness).advanceClock(ms),
      failNext: (ending, after) => ready(harness).failNext(ending, after),
      failures: () => ready(harness).failures(),
      arrive: () => ready(harness).arrive(),
    };

    beforeAll(async () => {
      harness = await makeHarness();
    });
    beforeEach(async () => {
      handles = await ready(harness).fresh({ retentionMs: RETENTION_MS });
    });
    afterAll(() => harness?.close());

    acceptTests(environment);
    situationTests(environment);
    wishTests(environment);
    handleTests(environment);
    keyTests(environment);
    nextChargeTests(environment);
    advanceTests(environment);
    rivalWriteTests(environment);
    paymentEvidenceTests(environment);
    for (const unit of UNITS) {
      fencedWriteTests(environment, unit);
      evidenceTests(environment, unit);
    }
    settlingTests(environment);
    dueTests(environment);
    clockTests(environment);
    wakeTests(environment);
    followUpOpeningTests(environment);
    followUpWritingTests(environment);
    followUpWorkTests(environment);
    followUpReadingTests(environment);
    captureTests(environment);
    readingTests(environment);
    modeTests(environment);
    answerTests(environment);
    endingTests(environment);
    batchedEndingTests(environment);
    readingEndingTests(environment);
    lateTests(environment);
  });
}
