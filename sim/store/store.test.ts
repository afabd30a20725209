/** The model keeps every promise that the real store keeps: the same suite. */
import { type StoreHarness, storeSuite } from '../../test/suites/store.suite.ts';
import { createDatabase } from './database.ts';
import { createPlainStore, type PlainStore, type PlainStoreOptions } from './plain.ts';

const START_MS = Date.UTC(2026, 0, 1);
/** The clock moves by this with every reading, as no two statements have the same `now()`; exact as a float. */
const TICK_MS = 1 / 64;

/** A new database for every test, with a clock of its own. */
function createModelHarness(options: PlainStoreOptions = {}): StoreHarness {
  let nowMs = START_MS;
  let frail: PlainStore | undefined;
  const line = (): PlainStore => {
    if (frail === undefined) throw new Error('There are no handles yet.');
    return frail;
  };
  return {
    async fresh({ retentionMs }) {
      const database = createDatabase({
        nowMs: () => {
          nowMs += TICK_MS;
          return nowMs;
        },
        retentionMs,
        installationId: '00000000-0000-4000-8000-000000000001',
      });
      const open = (): PlainStore => createPlainStore(database, options);
      frail = open();
      return { store: open(), other: open(), frail };
    },
    async advanceClock(ms) {
      nowMs += ms;
    },
    failNext: async (ending, after) => line().failNext('any', ending, after),
    failures: async () => line().failures(),
    arrive: () => line().arrive(),
    async close() {},
  };
}

storeSuite('model', async () => createModelHarness());

let turn = 0;

// Longer and shorter pauses in turn, so that statements that began together end in ever other orders.
storeSuite('model whose statements overlap', async () =>
  createModelHarness({
    async pause() {
      turn += 1;
      for (let left = (turn * 7) % 5; left > 0; left -= 1) await null;
    },
  }),
);
