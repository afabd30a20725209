import { ledgerSuite } from '../../../test/suites/fake-ledger.suite.ts';
import { createMemoryLedger } from './memory.ts';

ledgerSuite('memory', async () => ({
  empty: async () => createMemoryLedger(),
  // One process only: every reader holds the same object.
  again: async (ledger) => ledger,
  close: async () => {},
}));
