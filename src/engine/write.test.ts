/** A decision is written under the fence, at most once, however often it is tried. */
import { describe, expect, it } from 'vitest';
import { world } from '../../test/support/fresh-world.ts';
import { createScriptedGateway } from '../../test/support/scripted-gateway.ts';
import { KEYLESS, order } from '../../test/support/virtual-world.ts';
import type { Decision } from '../domain/transition/index.ts';
import { type Advance, type PaymentRecord, StoreError } from '../ports/store.ts';
import { write } from './write.ts';

/** An order whose first call is under way, seen from outside. */
async function underWay() {
  const gateway = createScriptedGateway();
  gateway.play = () => new Promise(() => {});
  const { engine: running } = await world.replica(gateway);
  void running.charge(order('o1'), KEYLESS);
  await world.pass(10);
  const parts = world.parts(gateway);
  const record = world.stored('o1');
  const settled: Decision = {
    next: { ...record.operation, status: 'FAILED', step: 'none', failureCode: 'no' },
    event: { type: 'payment.failed', detail: 'no' },
    waitMs: null,
    settled: { problem: 'gateway_failed', byAbsence: true },
  };
  const again: Decision = {
    next: record.operation,
    event: { type: 'call.refused', detail: 'dns' },
    waitMs: 40,
  };
  const writing = (
    decision: Decision,
    changes: {
      record?: PaymentRecord;
      tryForMs?: number;
      lease?: Advance['lease'];
      evidenceSeen?: number;
    } = {},
  ) =>
    write(parts.engine, {
      record,
      decision,
      lease: { kind: 'release', waitMs: decision.waitMs },
      mustBeDue: false,
      evidenceSeen: 0,
      nowMs: record.updatedAtMs + 10,
      tryForMs: 1000,
      ...changes,
    });
  return { ...parts, record, settled, again, writing };
}

describe('a decision that was written', () => {
  it('is the row as it is stored, with its frozen answer, one absence more, and nothing due', async () => {
    const { record, settled, writing } = await underWay();
    const written = await world.ended(writing(settled));
    if (written.kind !== 'done') throw new Error(written.kind);
    const { answer, ...row } = written.record;
    const { answer: stored, ...storedRow } = world.stored('o1');
    expect(row).toEqual(storedRow);
    expect(answer).toMatchObject({ problem: 'gateway_failed', body: stored?.body, freshForMs: 0 });
    expect(row).toMatchObject({
      seq: record.seq + 1,
      fence: record.fence,
      claimId: record.claimId,
      held: false,
      dueAtMs: null,
      absences: 1,
      problem: 'gateway_failed',
    });
  });

  it('counts no absence after a decline, and no answer if nothing is settled', async () => {
    const { settled, again, writing } = await underWay();
    const waiting = await world.ended(writing(again));
    expect(waiting).toMatchObject({ kind: 'done', record: { absences: 0, answer: null, held: false } });
    if (waiting.kind !== 'done') throw new Error(waiting.kind);
    expect(waiting.record.dueAtMs).toBe(waiting.record.updatedAtMs + 40);
    const declined: Decision = { ...settled, settled: { problem: 'card_declined', byAbsence: false } };
    const written = await world.ended(writing(declined, { record: waiting.record }));
    expect(written).toMatchObject({ kind: 'done', record: { absences: 0, problem: 'card_declined' } });
    expect(world.stored('o1').absences).toBe(0);
  });
});

describe('a write that another one overtook', () => {
  it('is lost, and changes nothing', async () => {
    const { record, settled, writing } = await underWay();
    const lost = await world.ended(writing(settled, { record: { ...record, seq: record.seq + 1 } }));
    expect(lost).toEqual({ kind: 'lost' });
    const strange = await world.ended(
      writing(settled, { record: { ...record, seq: record.seq - 1, claimId: 'another' } }),
    );
    expect(strange).toEqual({ kind: 'lost' });
    expect(world.stored('o1')).toEqual(record);
  });

  it('is lost if another process wrote without taking the lease, though the seq is the one that it would have made', async () => {
    const { record, again, settled, writing } = await underWay();
    const lease = { kind: 'pass', claimId: '00000000-0000-4000-8000-00000000000e', waitMs: 40 } as const;
    expect(await world.ended(writing(again, { lease }))).toMatchObject({ kind: 'done' });
    expect(world.stored('o1')).toMatchObject({ seq: record.seq + 1, held: false });
    expect(await world.ended(writing(settled))).toEqual({ kind: 'lost' });
  });

  it('is lost if there is no such payment', async () => {
    const { record, settled, writing } = await underWay();
    const nowhere = { ...record, order: order('o2'), paymentId: '00000000-0000-4000-8000-00000000000f' };
    expect(await world.ended(writing(settled, { record: nowhere }))).toEqual({ kind: 'lost' });
  });
});

describe('a failure while evidence is unchecked', () => {
  it('is not written, and the result says so; anything else is written', async () => {
    const { record, settled, again, store, writing } = await underWay();
    const { accountId, orderId } = record.order;
    const payment = { accountId, orderId, paymentId: record.paymentId };
    await world.ended(store.addEvidence({ payment, chargeN: 1, outcome: { kind: 'busy' } }));
    expect(await world.ended(writing(settled))).toEqual({ kind: 'unseen', record: world.stored('o1') });
    expect(world.stored('o1')).toEqual({ ...record, evidence: 1 });
    expect(await world.ended(writing(again))).toMatchObject({ kind: 'done', record: { evidence: 1 } });
    const resting = writing({ ...again, waitMs: null }, { record: world.stored('o1') });
    const rested = await world.ended(resting);
    const stored = world.stored('o1');
    expect(rested).toMatchObject({ kind: 'done', record: { evidence: 1, dueAtMs: stored.dueAtMs } });
    expect(stored.dueAtMs).not.toBeNull();
    const written = writing(settled, { record: world.stored('o1'), evidenceSeen: 1 });
    expect(await world.ended(written)).toMatchObject({ kind: 'done', record: { evidence: 0 } });
  });
});

describe('a write that the database did not acknowledge', () => {
  it('is repeated until it is acknowledged, and recognised if it was already written', async () => {
    const { store, settled, writing } = await underWay();
    store.fail('advance', 'lost', 'ack_lost');
    const written = await world.ended(writing(settled));
    expect(written).toEqual({
      kind: 'done',
      record: world.stored('o1'),
      nowMs: world.stored('o1').updatedAtMs,
    });
    expect(world.trail('o1')).toEqual(['payment.created', 'payment.failed no']);
  });

  it('was written at the time that the row shows, by the database’s clock, however late the answer comes', async () => {
    const { store, again, writing } = await underWay();
    store.fail('advance', 'ack_lost');
    await world.pass(5);
    const written = await world.ended(writing(again));
    if (written.kind !== 'done') throw new Error(written.kind);
    expect(written.nowMs).toBe((written.record.dueAtMs ?? 0) - 40);
    expect(written.nowMs).not.toBe(written.record.updatedAtMs);
  });

  it('never dates a change before the last one, though another process’s clock was ahead', async () => {
    const { record, again, writing } = await underWay();
    const ahead = { ...record, updatedAtMs: record.updatedAtMs + 60_000 };
    const written = await world.ended(writing(again, { record: ahead }));
    if (written.kind !== 'done') throw new Error(written.kind);
    expect([written.record.updatedAtMs, world.stored('o1').updatedAtMs]).toEqual([
      ahead.updatedAtMs,
      ahead.updatedAtMs,
    ]);
  });

  it('is tried after ever longer pauses, from 25 ms to half a second', async () => {
    const { store, settled, writing } = await underWay();
    store.goDown();
    const begunMs = world.nowMs;
    const unreachable = world.ended(writing(settled, { tryForMs: 2000 }));
    expect(await unreachable).toEqual({ kind: 'unreachable', error: expect.any(StoreError) });
    const tried = store.used.filter(({ method }) => method === 'advance').map(({ atMs }) => atMs - begunMs);
    expect(tried).toEqual([0, 25, 75, 175, 375, 775, 1275, 1775]);
  });

  it('is given up at once if the database does not accept its values, and raises an alarm', async () => {
    const { store, settled, writing, logged } = await underWay();
    store.fail('advance', 'unfit');
    expect(await world.ended(writing(settled))).toMatchObject({
      kind: 'unreachable',
      error: { kind: 'unfit' },
    });
    expect(store.used.filter(({ method }) => method === 'advance')).toHaveLength(1);
    expect(logged).toMatchObject([
      { level: 'error', fields: { alarm: 'database_refuses', payment_id: world.stored('o1').paymentId } },
    ]);
  });

  it('is tried again if it is refused, because the right may be granted again', async () => {
    const { store, settled, writing } = await underWay();
    store.fail('advance', 'refused', 'refused');
    expect(await world.ended(writing(settled))).toMatchObject({ kind: 'done' });
  });

  it('is given up if the next try would come too late, to the millisecond', async () => {
    const { store, settled, writing } = await underWay();
    store.goDown();
    await world.ended(writing(settled, { tryForMs: 25 }));
    expect(store.used.length).toBe(1);
    await world.ended(writing(settled, { tryForMs: 26 }));
    expect(store.used.length).toBe(3);
  });

  it('is not repeated after an error that is not the database’s', async () => {
    const { engine, record, settled } = await underWay();
    const broken = {
      ...engine,
      store: { ...engine.store, advance: () => Promise.reject(new TypeError('a fault')) },
    };
    const options = {
      record,
      decision: settled,
      lease: { kind: 'release', waitMs: null },
      mustBeDue: false,
      evidenceSeen: 0,
      nowMs: record.updatedAtMs,
      tryForMs: 1000,
    } as const;
    await expect(world.ended(write(broken, options))).rejects.toThrow(TypeError);
  });
});
