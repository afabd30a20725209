/** The account that was given, and that Stripe could not confirm at the start. */
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  CHARGE,
  errorAnswer,
  intentBody,
  json,
  listBody,
  REFUND,
} from '../../../test/support/stripe-answers.ts';
import type { Gateway } from '../../ports/gateway.ts';
import type { Log } from '../../ports/log.ts';
import * as server from '../../testing/server.ts';
import { stripeGateway } from './index.ts';

const LIMITS = { timeoutMs: 60_000, mayLeave: () => true };
const { handle: _, ...PREPARE } = CHARGE;
const DOWN = errorAnswer(503, { type: 'api_error' });
const whose = (id: string) => json({ id, object: 'account' });

/** Starts while Stripe is down. */
async function start() {
  const far = await server.startScriptedServer();
  const lines: Record<string, unknown>[] = [];
  const note = (fields: Record<string, unknown>): void => void lines.push(fields);
  const log: Log = { info: note, warn: note, error: note };
  const script = (...answers: server.RawAnswer[]): void =>
    far.script(...answers.map((raw) => server.answer(raw)));
  script(DOWN);
  const apiBase = `http://127.0.0.1:${far.port}`;
  const gateway = await stripeGateway({ secretKey: 'sk_test_0', account: 'acct_1', apiBase, log });
  onTestFinished(async () => {
    await gateway.close();
    await far.close();
  });
  const sent = () => far.requests.slice(1).map(({ method, path }) => `${method} ${path.replace(/\?.*/, '')}`);
  const told = () => lines.map(({ alarm, alarm_ended: ended }) => alarm ?? `${ended} ended`);
  return { far, gateway, script, sent, told };
}

type Ask = (gateway: Gateway) => Promise<unknown> | undefined;

/** Everything that can be asked of the gateway, and what it is if nothing is sent. What a seal says means nothing. */
const REQUESTS: readonly [string, string | null, Ask][] = [
  ['a call', 'refused', (gateway) => gateway.call(CHARGE, LIMITS)],
  ['a lookup', 'unavailable', (gateway) => gateway.lookup(PREPARE, LIMITS)],
  ['a prepare', 'failed', ({ twoSteps }) => twoSteps?.prepare({ ...PREPARE, prepareKey: 'p' }, LIMITS)],
  ['a seal', null, ({ twoSteps }) => twoSteps?.seal({ ...CHARGE, sealKey: 's' }, LIMITS)],
  ['a refund', 'refused', ({ refunds }) => refunds?.call(REFUND, LIMITS)],
  ['a lookup of a refund', 'unavailable', ({ refunds }) => refunds?.lookup(REFUND, LIMITS)],
  ['a capture', 'refused', ({ captures }) => captures?.capture.call(REFUND, LIMITS)],
  ['a lookup of a capture', 'unavailable', ({ captures }) => captures?.capture.lookup(REFUND, LIMITS)],
  ['a void', 'refused', ({ captures }) => captures?.void.call(REFUND, LIMITS)],
  ['a lookup of a void', 'unavailable', ({ captures }) => captures?.void.lookup(REFUND, LIMITS)],
  ['the sum of refunds', 'unavailable', ({ refunds }) => refunds?.refunded?.(REFUND, LIMITS)],
];

describe('until Stripe has confirmed the account', () => {
  test.each(REQUESTS)(
    '%s sends nothing but the question, and silence is no answer',
    async (_name, kind, ask) => {
      const { gateway, script, sent, told } = await start();
      script(DOWN);
      expect(await ask(gateway)).toEqual(
        kind === null ? undefined : { kind, reason: 'account_unchecked_http_503' },
      );
      expect(sent()).toEqual(['GET /v1/account']);
      expect(told()).toEqual(['account_unchecked']);
    },
  );

  test.each(REQUESTS)(
    '%s with the key of another account is forbidden, now and later',
    async (_name, kind, ask) => {
      const { gateway, script, sent, told } = await start();
      script(whose('acct_2'));
      const forbidden = { kind: 'forbidden', reason: 'wrong_account' };
      for (const _time of [1, 2]) expect(await ask(gateway)).toEqual(kind === null ? undefined : forbidden);
      expect(sent()).toEqual(['GET /v1/account']);
      expect(told()).toEqual(['account_unchecked', 'wrong_account']);
    },
  );

  test('a key that Stripe refuses is forbidden, and is asked about again', async () => {
    const { gateway, script, sent } = await start();
    script(errorAnswer(401, {}), whose('acct_1'), json(intentBody({ status: 'succeeded' })));
    expect(await gateway.call(CHARGE, LIMITS)).toEqual({ kind: 'forbidden', reason: 'http_401' });
    expect(await gateway.call(CHARGE, LIMITS)).toMatchObject({ kind: 'approved' });
    expect(sent()).toEqual(['GET /v1/account', 'GET /v1/account', 'POST /v1/payment_intents/pi_1/confirm']);
  });

  test('one question is asked for all who wait, and none any more once it is answered', async () => {
    const { gateway, script, sent, told } = await start();
    script(whose('acct_1'), json(listBody([])), json(listBody([])), json(listBody([])));
    const lookup = () => gateway.lookup(PREPARE, LIMITS);
    expect(await Promise.all([lookup(), lookup()])).toEqual([{ kind: 'absent' }, { kind: 'absent' }]);
    expect(await lookup()).toEqual({ kind: 'absent' });
    expect(sent()).toEqual(['GET /v1/account', ...Array(3).fill('GET /v1/payment_intents')]);
    expect(told()).toEqual(['account_unchecked', 'account_unchecked ended']);
  });

  test('who waits for the question of another one waits no longer than its own time', async () => {
    const { far, gateway } = await start();
    far.script(server.hang);
    const patient = gateway.lookup(PREPARE, { timeoutMs: 300 });
    const hasty = await gateway.lookup(PREPARE, { timeoutMs: 1 });
    expect(hasty).toEqual({ kind: 'unavailable', reason: 'account_unchecked_timeout' });
    expect(await patient).toMatchObject({ kind: 'unavailable' });
  });

  test('nothing leaves if its time is over after the question', async () => {
    const { gateway, script, sent } = await start();
    script(whose('acct_1'));
    expect(await gateway.call(CHARGE, { ...LIMITS, mayLeave: () => false })).toMatchObject({
      kind: 'refused',
    });
    expect(sent()).toEqual(['GET /v1/account']);
  });
});
