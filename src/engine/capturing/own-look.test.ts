/** An authorised charge is looked at until the gateway says what has become of it. */
import { beforeEach, describe, expect, it } from 'vitest';
import {
  type CapturingGateway,
  type CapturingReplica,
  capturingReplica,
  createCapturingGateway,
} from '../../../test/support/capturing.ts';
import { lateEvidence } from '../../../test/support/charging.ts';
import { world } from '../../../test/support/fresh-world.ts';
import { isPaid, operator, SILENT } from '../../../test/support/operating.ts';
import { reset } from '../../../test/support/scripted-gateway.ts';
import { DATABASE_ORIGIN_MS } from '../../../test/support/virtual-world.ts';
import type { LookupOutcome } from '../../domain/outcomes.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** Days pass in these tests, and nothing is due for most of them. */
const SLOW_SWEEPS = { limits: { sweepMs: 60_000 } };

let gateway: CapturingGateway;
beforeEach(() => {
  gateway = createCapturingGateway({ authorizedForMs: 2 * DAY });
});

function alarms({ logged }: Pick<CapturingReplica, 'logged'>): unknown[] {
  return logged.flatMap(({ fields }) => (fields.alarm === undefined ? [] : [fields.alarm]));
}

describe('an authorisation', () => {
  it('is not looked at before its time is over, and is VOIDED when the gateway has let go', async () => {
    const replica = await capturingReplica(world, gateway, SLOW_SWEEPS);
    await world.pass(2 * DAY - 60_000);
    expect(gateway.lookups).toEqual([]);
    expect(await replica.standing()).toBe('AUTHORIZED 0/0');
    gateway.change({ status: 'canceled' });
    await world.pass(10 * 60_000);
    expect(await replica.standing()).toBe('VOIDED 0/0');
    expect(world.stored('o1').operation.failureCode).toBe('authorization_expired');
    expect(world.trail('o1').at(-1)).toBe('payment.voided authorization_expired');
    expect(await replica.capture()).toMatchObject({ code: 'payment_not_capturable' });
    const asked = gateway.lookups.length;
    await world.pass(3 * DAY);
    expect(gateway.lookups).toHaveLength(asked);
    expect(alarms(replica)).toEqual([]);
  });

  it('ends when the gateway says, whatever the contract says', async () => {
    gateway.authorizedUntilMs = DATABASE_ORIGIN_MS + 5 * DAY;
    const replica = await capturingReplica(world, gateway, SLOW_SWEEPS);
    await world.pass(5 * DAY - HOUR);
    expect(gateway.lookups).toEqual([]);
    gateway.change({ status: 'voided' });
    await world.pass(2 * HOUR);
    expect(await replica.standing()).toBe('VOIDED 0/0');
  });

  it('that still stands after its time can be captured, and is looked at again', async () => {
    const replica = await capturingReplica(world, gateway, SLOW_SWEEPS);
    await world.pass(3 * DAY);
    expect(gateway.lookups.length).toBeGreaterThan(1);
    expect(await replica.standing()).toBe('AUTHORIZED 0/0');
    await replica.capture(400);
    expect(await replica.standing()).toBe('COMPLETED 400/0');
    expect(alarms(replica)).toEqual([]);
  });

  it('that somebody else has captured is COMPLETED with what was captured, and an alarm', async () => {
    const replica = await capturingReplica(world, gateway, SLOW_SWEEPS);
    gateway.change({ status: 'succeeded', capturedMinor: 300 });
    await world.pass(3 * DAY);
    expect(await replica.standing()).toBe('COMPLETED 300/0');
    expect(alarms(replica)).toEqual(['captured_elsewhere']);
  });

  it('that somebody else has captured and refunded was paid, and nothing of it is left', async () => {
    const replica = await capturingReplica(world, gateway, SLOW_SWEEPS);
    gateway.change({ status: 'refunded', capturedMinor: 300 });
    await world.pass(3 * DAY);
    const payment = await world.ended(replica.engine.payment('default', replica.paymentId));
    expect(payment).toMatchObject({ status: 'COMPLETED', sums: { capturedMinor: 300, elsewhereMinor: 300 } });
    expect(payment?.actions).toEqual([]);
    expect(alarms(replica)).toEqual(['captured_elsewhere']);
  });

  it('that was refunded, as the gateway says without a sum, is VOIDED: nothing was taken in the end', async () => {
    const replica = await capturingReplica(world, gateway, SLOW_SWEEPS);
    gateway.change({ status: 'refunded' });
    await world.pass(3 * DAY);
    expect(await replica.standing()).toBe('VOIDED 0/0');
  });

  it('stays while the gateway shows only that another charge under its key was taken back', async () => {
    const replica = await capturingReplica(world, gateway, SLOW_SWEEPS);
    gateway.lookupPlay = () => ({ kind: 'reversed', refs: ['ch_twin'] });
    await world.pass(3 * DAY);
    expect(await replica.standing()).toBe('AUTHORIZED 0/0');
    gateway.lookupPlay = () => ({ kind: 'reversed', refs: ['ch_twin', 'ch_1'] });
    await world.pass(DAY);
    expect(await replica.standing()).toBe('VOIDED 0/0');
  });

  it('stays while the gateway keeps no keys, and shows only that a twin was declined', async () => {
    gateway = createCapturingGateway({ authorizedForMs: 2 * DAY, keys: 'none' });
    const replica = await capturingReplica(world, gateway, SLOW_SWEEPS);
    gateway.lookupPlay = () => ({ kind: 'declined', code: 'no_funds', ref: 'ch_twin' });
    await world.pass(3 * DAY);
    expect(await replica.standing()).toBe('AUTHORIZED 0/0');
  });

  it.each([
    ['declined', { kind: 'declined', code: 'no_funds', ref: 'ch_last' }],
    ['sealed', { kind: 'sealed', ref: 'ch_last' }],
  ] as const)(
    'stays while the last charge is %s, and an operator has named another charge',
    async (_, last) => {
      gateway.play = () => reset;
      gateway.lookupPlay = () => SILENT;
      const settings = { ...SLOW_SWEEPS, policy: { maxAttempts: 1, resolveForMs: HOUR } };
      const replica = await capturingReplica(world, gateway, settings);
      await world.pass(4 * HOUR);
      await operator(world, replica).resolve(isPaid('ch_earlier'));
      await world.pass(HOUR);
      gateway.lookupPlay = () => last;
      await world.pass(3 * DAY);
      expect(await replica.standing()).toBe('AUTHORIZED 0/0');
      expect(alarms(replica)).toContain('authorization_unknown');
    },
  );

  it('of which the gateway says nothing stays, and a person is told', async () => {
    const replica = await capturingReplica(world, gateway, { ...SLOW_SWEEPS, policy: { resolveForMs: DAY } });
    gateway.lookupPlay = () => ({ kind: 'absent' });
    await world.pass(2 * DAY + HOUR);
    expect(alarms(replica)).toEqual([]);
    await world.pass(DAY + HOUR);
    expect(new Set(alarms(replica))).toEqual(new Set(['authorization_unknown']));
    expect(await replica.standing()).toBe('AUTHORIZED 0/0');
  });

  it('at a gateway that cannot be asked stays, and a person is told when its time is over', async () => {
    const settings = { ...SLOW_SWEEPS, policy: { resolveForMs: HOUR } };
    const before = await capturingReplica(world, gateway, settings);
    await world.ended(before.engine.stop());
    // The next release of the adapter has neither lookups nor captures.
    const { captures: _none, ...without } = createCapturingGateway({
      authorizedForMs: 2 * DAY,
      lookup: false,
    });
    const replica = await world.replica(without, settings);
    await world.pass(2 * DAY);
    expect(alarms(replica)).toEqual([]);
    await world.pass(2 * HOUR);
    expect(alarms(replica)).toEqual(['authorization_unknown']);
    expect(await before.standing()).toBe('AUTHORIZED 0/0');
  });

  it('keeps its time although late evidence about its charge was checked', async () => {
    const replica = await capturingReplica(world, gateway, SLOW_SWEEPS);
    await lateEvidence(world, replica.store, { kind: 'approved', ref: 'ch_1' });
    await world.pass(HOUR);
    expect(world.stored('o1')).toMatchObject({
      evidence: 0,
      operation: { status: 'AUTHORIZED', step: 'lookup' },
    });
    gateway.change({ status: 'voided' });
    await world.pass(3 * DAY);
    expect(await replica.standing()).toBe('VOIDED 0/0');
  });

  it('is looked at when an operator asks', async () => {
    const replica = await capturingReplica(world, gateway, SLOW_SWEEPS);
    const shown = await world.ended(replica.engine.payment('default', replica.paymentId));
    expect(shown?.actions).toEqual(['capture', 'void', 'look_now']);
    gateway.change({ status: 'voided' });
    const target = { accountId: 'default', paymentId: replica.paymentId, followUp: null, actor: 'amira' };
    await world.ended(replica.engine.lookNow(target));
    await world.pass(60_000);
    expect(await replica.standing()).toBe('VOIDED 0/0');
  });
});

describe('an authorisation that exists only by an operator’s wrong word', () => {
  const DECLINED = { kind: 'declined', code: 'no_funds', ref: 'ch_seen' } as const;

  async function wrongWord(): Promise<CapturingReplica> {
    gateway.play = () => reset;
    gateway.lookupPlay = () => SILENT;
    const settings = { ...SLOW_SWEEPS, policy: { maxAttempts: 1, resolveForMs: HOUR } };
    const replica = await capturingReplica(world, gateway, settings);
    await world.pass(4 * HOUR);
    await operator(world, replica).resolve(isPaid());
    await world.pass(HOUR);
    expect(await replica.standing()).toBe('AUTHORIZED 0/0');
    return replica;
  }

  it('is VOIDED when the gateway shows that the charge was declined', async () => {
    const replica = await wrongWord();
    gateway.lookupPlay = () => DECLINED;
    await world.pass(3 * DAY);
    expect(await replica.standing()).toBe('VOIDED 0/0');
    expect(world.trail('o1').at(-1)).toBe('payment.voided not_authorized');
  });

  it('is VOIDED soon after a capture of it was wanted, and the capture has failed', async () => {
    const replica = await wrongWord();
    gateway.lookupPlay = () => DECLINED;
    gateway.capturePlay = () => ({
      kind: 'unknown',
      answered: true,
      reason: 'charge_not_succeeded',
      lookFirst: true,
    });
    gateway.captureLookup = () => ({ kind: 'absent', code: 'not_authorized' });
    const answer = await replica.capture(400, { waitMs: 60_000 });
    expect(answer).toMatchObject({ kind: 'settled', frozen: { problem: 'capture_declined' } });
    await world.pass(60_000);
    expect(await replica.standing()).toBe('VOIDED 0/0');
  });

  it('is left to a capture that is open', async () => {
    const replica = await wrongWord();
    gateway.lookupPlay = () => DECLINED;
    gateway.capturePlay = () => reset;
    gateway.captureLookup = () => SILENT;
    await replica.capture(400);
    await world.pass(3 * DAY);
    expect(await replica.standing()).toBe('AUTHORIZED 0/0');
  });

  it('is ended by a void and a person’s word about that, if the gateway knows nothing of the charge', async () => {
    const replica = await wrongWord();
    const { engine, paymentId } = replica;
    gateway.lookupPlay = () => ({ kind: 'absent' });
    await world.pass(4 * DAY);
    expect(alarms(replica)).toContain('authorization_unknown');
    gateway.capturePlay = () => ({ kind: 'unknown', answered: true, reason: 'charge_not_found' });
    gateway.captureLookup = () => ({ kind: 'unavailable', reason: 'http_404' });
    await replica.void();
    await world.pass(4 * HOUR);
    const followUp = { kind: 'void', name: null } as const;
    const target = { accountId: 'default', paymentId, followUp };
    await world.ended(engine.resolve({ ...target, wish: isPaid(), evidence: 'ticket 17' }));
    await world.pass(HOUR);
    expect(await replica.standing()).toBe('VOIDED 0/0');
  });
});

describe('a look at an authorisation while a capture is open', () => {
  /** The capture was made, its answer was lost, and nobody can ask about it for now. */
  async function lostCapture(): Promise<CapturingReplica> {
    gateway.capturePlay = ({ book }) => {
      book();
      return reset;
    };
    gateway.captureLookup = () => ({ kind: 'unavailable', reason: 'timeout' });
    const replica = await capturingReplica(world, gateway, { ...SLOW_SWEEPS, policy: { maxAttempts: 1 } });
    await world.pass(2 * DAY - 10 * 60_000);
    await replica.capture(400);
    return replica;
  }

  it('leaves it to the capture to say so', async () => {
    const replica = await lostCapture();
    await world.pass(HOUR);
    expect(gateway.lookups.length).toBeGreaterThan(0);
    expect(await replica.standing()).toBe('AUTHORIZED 0/0');
    expect(world.trail('o1').at(-1)).toMatch(/^lookup.(unavailable capture_or_void_open|started)/);
    gateway.captureLookup = null;
    await world.pass(2 * HOUR);
    expect(await replica.standing()).toBe('COMPLETED 400/0');
    expect(alarms(replica)).toEqual([]);
  });

  it.each<[string, (() => LookupOutcome) | null]>([
    ['shows that it has ended', null],
    ['says nothing', () => ({ kind: 'unavailable', reason: 'timeout' })],
    ['has forgotten it', () => ({ kind: 'absent' })],
  ])('raises no alarm beside the one of a capture in REVIEW, if the gateway %s', async (_what, look) => {
    const replica = await lostCapture();
    if (look !== null) gateway.lookupPlay = look;
    await world.pass(8 * DAY);
    expect(await replica.standing()).toBe('AUTHORIZED 0/0');
    expect(new Set(alarms(replica))).toEqual(new Set(['needs_review']));
  });

  it('decides nothing if the sums cannot be read', async () => {
    const replica = await lostCapture();
    replica.store.fail('sums', 'unavailable', 'unavailable', 'unavailable');
    await world.pass(HOUR);
    expect(await replica.standing()).toBe('AUTHORIZED 0/0');
    expect(alarms(replica)).toEqual([]);
  });
});
