/** Whether this machine or the gateway is the reason that no connection was made. */
import type { Dispatcher } from 'undici';
import { describe, expect, it, test } from 'vitest';
import type { ChargeRequest } from '../../domain/outcomes.ts';
import { judgeExchange } from './answers.ts';
import { CHARGES } from './effects.ts';
import { exchange } from './exchange.ts';
import { judgeLookupExchange } from './lookups.ts';
import { shortageOf } from './shortage.ts';

function failure(code: string): Error {
  return Object.assign(new Error(`connect ${code}`), { code });
}

function several(...codes: string[]): Error {
  return Object.assign(new AggregateError(codes.map(failure)), { code: codes[0] });
}

describe('a shortage of our own', () => {
  it.each([
    ['EMFILE', 'no_free_file'],
    ['ENFILE', 'no_free_file'],
    ['EADDRNOTAVAIL', 'no_free_port'],
    ['ENOBUFS', 'no_memory'],
    ['ENOMEM', 'no_memory'],
    ['EAI_MEMORY', 'no_memory'],
  ])('is %s', (code, reason) => {
    expect(shortageOf(failure(code))).toBe(reason);
  });

  it.each(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ETIMEDOUT', 'toString', ''])(
    'is not "%s"',
    (code) => {
      expect(shortageOf(failure(code))).toBeNull();
    },
  );

  it('is not nothing at all', () => {
    expect([shortageOf(null), shortageOf(undefined), shortageOf('EMFILE')]).toEqual([null, null, null]);
  });

  it('holds for several addresses only where it kept us from each of them', () => {
    expect(shortageOf(several('EADDRNOTAVAIL', 'ECONNREFUSED'))).toBeNull();
    expect(shortageOf(several('ECONNREFUSED', 'EADDRNOTAVAIL'))).toBeNull();
    expect(shortageOf(several('EMFILE', 'EMFILE'))).toBe('no_free_file');
  });
});

/** How undici reports that no connection was made: the request was never started. */
function unconnected(error: Error): Dispatcher {
  return {
    dispatch(_options: unknown, handler: { onResponseError(controller: null, error: Error): void }) {
      handler.onResponseError(null, error);
      return true;
    },
  } as unknown as Dispatcher;
}

test.each([
  ['EMFILE', 'not_sent', 'no_free_file', 'not_sent'],
  ['EAI_AGAIN', 'refused', 'dns_failed', 'unavailable'],
  ['ECONNREFUSED', 'refused', 'connection_refused', 'unavailable'],
])('a connection that does not come up for %s makes the call %s', async (code, kind, reason, lookedUp) => {
  const request = {
    method: 'POST',
    path: '/',
    headers: [],
    body: null,
    ownConnection: false,
    names: null,
  } as const;
  const limits = { timeoutMs: 1000, maxResponseBytes: 1, mayLeave: () => true };
  const ended = await exchange(unconnected(failure(code)), request, limits);
  const judging = { wallMs: 0, livemode: true, isOld: false };
  const charge = { key: 'k' } as ChargeRequest;
  expect(judgeExchange(CHARGES, charge, ended, judging)).toEqual({ kind, reason });
  expect(judgeLookupExchange(CHARGES, charge, ended, judging)).toEqual({ kind: lookedUp, reason });
});
