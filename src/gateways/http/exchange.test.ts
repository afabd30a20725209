/** What an HTTP client may do to a request behind our back, with the client played. What real connections do is tested beside it. */
import type { Dispatcher } from 'undici';
import { expect, it } from 'vitest';
import { exchange } from './exchange.ts';

const REQUEST = {
  method: 'POST',
  path: '/charges',
  headers: [],
  body: '{}',
  ownConnection: false,
  names: null,
} as const;
const LIMITS = { timeoutMs: 60_000, maxResponseBytes: 1000, mayLeave: () => true };

/** As the client calls it: before each write of the request. */
function started() {
  const aborts: string[] = [];
  const controller = { abort: (error: Error) => void aborts.push(error.message) };
  return { aborts, controller: controller as unknown as Dispatcher.DispatchController };
}

function play(act: (handler: Required<Dispatcher.DispatchHandler>) => void) {
  const dispatcher = {
    dispatch(_options: unknown, handler: Required<Dispatcher.DispatchHandler>) {
      act(handler);
      return true;
    },
  };
  return exchange(dispatcher as unknown as Dispatcher, REQUEST, LIMITS);
}

it('a request that the client wants to write again, because it believes that it never left, is not written again', async () => {
  const [first, second] = [started(), started()];
  const result = await play((handler) => {
    handler.onRequestStart(first.controller, null);
    handler.onRequestStart(second.controller, null);
    handler.onResponseError(second.controller, new Error('not_sent_again'));
  });
  expect([first.aborts, second.aborts]).toEqual([[], ['not_sent_again']]);
  // The first may have arrived.
  expect(result).toMatchObject({ kind: 'broken' });
});

it('a request that is given up is not written when its connection comes up at last', async () => {
  const late = started();
  let start = (): void => {};
  const result = await play((handler) => {
    start = () => handler.onRequestStart(late.controller, null);
    handler.onResponseError(late.controller, new Error('refused'));
  });
  start();
  expect([result.kind, late.aborts]).toEqual(['not_sent', ['not_sent_again']]);
});
