import type { Access } from '../../src/access/access.ts';

/** Admits everybody, as the account `default`. */
export const OPEN_ACCESS: Access = {
  admit: () => ({ accountId: 'default', keyId: null, may: () => true, take: () => null }),
};
