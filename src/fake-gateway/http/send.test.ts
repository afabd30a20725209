import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import { expect, test, vi } from 'vitest';
import { createSleeper } from '../sleep.ts';
import { createHeldSockets } from './send.ts';

test('the connection of a caller that left is forgotten', () => {
  const sleeper = createSleeper();
  const held = createHeldSockets(sleeper);
  const responses = [1, 2].map(() => Object.assign(new EventEmitter(), { destroy: vi.fn() }));
  for (const response of responses) held.hold(response as unknown as ServerResponse, 60_000);
  responses[0]?.emit('close');
  held.close();
  sleeper.close();
  expect(responses.map(({ destroy }) => destroy.mock.calls.length)).toEqual([0, 1]);
});
