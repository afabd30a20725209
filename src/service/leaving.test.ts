/** The end of the process, with simulated signals, timers and exit. */
import { expect, it } from 'vitest';
import { leaveOnSignal } from './leaving.ts';

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function setUp() {
  const acts = new Map<string, () => void>();
  const exits: unknown[] = [];
  const timers: { waitMs: number; work: () => void }[] = [];
  const logged: unknown[] = [];
  const note = (fields: unknown): void => void logged.push(fields);
  const leaving = leaveOnSignal({
    onSignal: (signal, act) => void acts.set(signal, act),
    exit: (code) => void exits.push(code),
    after: (waitMs, work) => void timers.push({ waitMs, work }),
    fail: (error) => void exits.push(error),
    log: { info: note, warn: note, error: note },
  });
  const stops: (() => void)[] = [];
  let fails = (_error: unknown): void => {};
  const service = {
    stop: () =>
      new Promise<void>((resolve, reject) => {
        stops.push(resolve);
        fails = reject;
      }),
  };
  return {
    leaving,
    service,
    exits,
    timers,
    logged,
    stops,
    fail: (error: unknown) => fails(error),
    signal: (signal: string) => acts.get(signal)?.(),
  };
}

it.each(['SIGTERM', 'SIGINT'])(
  '%s stops the service, and the exit code is 0 when it has stopped',
  async (signal) => {
    const { leaving, service, exits, stops, logged, ...at } = setUp();
    leaving.running(service);
    expect([stops.length, leaving.begun]).toEqual([0, false]);
    at.signal(signal);
    await settled();
    expect([stops.length, leaving.begun, exits, logged]).toEqual([1, true, [], [{ signal }]]);
    stops[0]?.();
    await settled();
    expect(exits).toEqual([0]);
  },
);

it('a second signal changes nothing, whichever it is', async () => {
  const { leaving, service, exits, stops, timers, logged, ...at } = setUp();
  leaving.running(service);
  for (const signal of ['SIGTERM', 'SIGTERM', 'SIGINT']) at.signal(signal);
  await settled();
  expect([stops.length, exits, timers.length, logged.length]).toEqual([1, [], 1, 1]);
});

it('a signal during the start stops the service as soon as there is one', async () => {
  const { leaving, service, exits, stops, ...at } = setUp();
  at.signal('SIGTERM');
  await settled();
  expect([stops.length, exits]).toEqual([0, []]);
  leaving.running(service);
  stops[0]?.();
  await settled();
  expect([stops.length, exits]).toEqual([1, [0]]);
});

it('a stop that hangs is ended within 15 s, and the exit code says so', () => {
  const { leaving, service, exits, timers, ...at } = setUp();
  leaving.running(service);
  expect(timers).toEqual([]);
  at.signal('SIGTERM');
  expect(timers.map(({ waitMs }) => waitMs)).toEqual([14_500]);
  timers[0]?.work();
  expect(exits).toEqual([1]);
});

it('a stop that fails is no exit with 0', async () => {
  const { leaving, service, exits, ...at } = setUp();
  leaving.running(service);
  at.signal('SIGINT');
  const error = new Error('no');
  at.fail(error);
  await settled();
  expect(exits).toEqual([error]);
});
