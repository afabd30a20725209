import { expect, it } from 'vitest';
import { createVirtualWorld } from '../../test/support/virtual-world.ts';
import { createGate } from './gate.ts';

const SILENT = { kind: 'refused', reason: 'connection_refused' } as const;

function setUp() {
  const world = createVirtualWorld();
  const logged: string[] = [];
  const note = (fields: object): void =>
    void logged.push(
      Object.entries(fields)
        .map(([name, value]) => `${name} ${value}`)
        .join(', '),
    );
  const log = { debug: note, info: note, warn: note, error: note };
  const gate = createGate({ clock: world.clock, maxCalls: 5, maxLookups: 5, log });
  const end = (outcome: Parameters<typeof gate.callEnded>[0]['outcome'], paymentId = 'p'): void =>
    gate.callEnded({ unit: paymentId, outcome, leftAtMs: world.clock.monotonicMs(), pauseMs: 30_000 });
  const outage = async (): Promise<void> => {
    for (let call = 0; call < 10; call += 1) end(SILENT);
  };
  return { world, gate, logged, log, end, outage };
}

it('an outage is reported once, and so is its end', async () => {
  const { world, gate, logged, end, outage } = setUp();
  await world.pass(1000);
  await outage();
  expect(logged).toEqual(['alarm calls_stopped, why silence']);
  await world.pass(1000);
  expect(gate.reserve('first_call').inMs).toBe(0);
  end(SILENT);
  await world.pass(2000);
  expect(gate.reserve('first_call').inMs).toBe(0);
  end({ kind: 'approved', ref: 'ch' });
  await world.pass(5000);
  expect(logged).toEqual(['alarm calls_stopped, why silence', 'alarm_ended calls_stopped']);
});

it('a second order that is refused stops all calls, and the report says why', () => {
  const { logged, end } = setUp();
  const forbidden = { kind: 'forbidden', reason: 'http_403' } as const;
  end(forbidden, 'one');
  expect(logged).toEqual([]);
  end(forbidden, 'two');
  expect(logged).toEqual(['alarm calls_stopped, why forbidden']);
});

it('an outage that comes and goes is one outage, until calls have gone on for five seconds', async () => {
  const { world, gate, logged, end, outage } = setUp();
  const comesAndGoes = async (): Promise<void> => {
    await outage();
    await world.pass(1000);
    gate.reserve('first_call');
    end({ kind: 'approved', ref: 'ch' });
  };
  await world.pass(1000);
  for (const _time of [1, 2, 3]) {
    await comesAndGoes();
    await world.pass(4999);
  }
  expect(logged).toEqual(['alarm calls_stopped, why silence']);
  await world.pass(1);
  expect(logged).toEqual(['alarm calls_stopped, why silence', 'alarm_ended calls_stopped']);
});

it('a new outage is reported at once, however soon it comes behind the last', async () => {
  const { world, gate, logged, end, outage } = setUp();
  await world.pass(1000);
  await outage();
  await world.pass(1000);
  gate.reserve('first_call');
  end({ kind: 'approved', ref: 'ch' });
  await world.pass(5000);
  await outage();
  expect(logged.slice(1)).toEqual(['alarm_ended calls_stopped', 'alarm calls_stopped, why silence']);
});

it('nothing is logged after the gate is closed', async () => {
  const { world, gate, logged, end, outage } = setUp();
  await world.pass(1000);
  await outage();
  await world.pass(1000);
  gate.reserve('first_call');
  end({ kind: 'approved', ref: 'ch' });
  gate.close();
  await world.pass(5000);
  expect(logged).toEqual(['alarm calls_stopped, why silence']);
});

it('the end of an outage is reported by the next call if the timer is late', async () => {
  const { world, logged, log } = setUp();
  const clock = { ...world.clock, after: () => () => {} };
  const gate = createGate({ clock, maxCalls: 5, maxLookups: 5, log });
  const end = (outcome: Parameters<typeof gate.callEnded>[0]['outcome']): void =>
    gate.callEnded({ unit: 'p', outcome, leftAtMs: clock.monotonicMs(), pauseMs: 30_000 });
  await world.pass(1000);
  for (let call = 0; call < 10; call += 1) end(SILENT);
  await world.pass(1000);
  gate.reserve('first_call');
  end({ kind: 'approved', ref: 'ch' });
  await world.pass(4999);
  end({ kind: 'approved', ref: 'ch' });
  expect(logged).toEqual(['alarm calls_stopped, why silence']);
  await world.pass(1);
  end({ kind: 'approved', ref: 'ch' });
  expect(logged).toEqual(['alarm calls_stopped, why silence', 'alarm_ended calls_stopped']);
});
