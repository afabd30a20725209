import { expect, it } from 'vitest';
import { editDistance } from './edit-distance.ts';

it.each([
  ['GATEWAY_URL', 'GATEWAY_URL', 0],
  ['GATWAY_URL', 'GATEWAY_URL', 1],
  ['GATEEWAY_URL', 'GATEWAY_URL', 1],
  ['GATEWAY_URI', 'GATEWAY_URL', 1],
  ['GATEWYA_URL', 'GATEWAY_URL', 1],
  ['AB', 'BA', 1],
  ['DATABSE_ULR', 'DATABASE_URL', 2],
  ['LEASE_MSEC', 'LEASE_MS', 2],
  ['CA', 'ABC', 3],
  ['', 'PORT', 4],
  ['PORT', '', 4],
  ['', '', 0],
])('from %j to %j it is %i slips', (from, to, slips) => {
  expect(editDistance(from, to)).toBe(slips);
  expect(editDistance(to, from)).toBe(slips);
});
