import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readPreference } from './prefer.ts';

const waits = { defaultWaitMs: 10_000, maxWaitMs: 60_000 };
const read = (header?: string) => readPreference(header, waits);
const unsaid = { waitMs: 10_000, applied: null };

describe('a preference', () => {
  it.each([
    ['wait=5', 5_000, 'wait=5'],
    ['wait=0', 0, 'wait=0'],
    ['WAIT = 5', 5_000, 'wait=5'],
    ['wait="5"', 5_000, 'wait=5'],
    ['wait=60', 60_000, 'wait=60'],
    ['wait=61', 60_000, 'wait=60'],
    [`wait=${'9'.repeat(400)}`, 60_000, 'wait=60'],
    ['wait=007', 7_000, 'wait=7'],
    ['respond-async', 0, 'respond-async'],
    ['respond-async=""', 0, 'respond-async'],
    ['Respond-Async', 0, 'respond-async'],
    ['respond-async, wait=10', 10_000, 'respond-async, wait=10'],
    ['wait=10,respond-async', 10_000, 'respond-async, wait=10'],
    ['return=minimal, wait=3; foo="a,b;c", handling=lenient', 3_000, 'wait=3'],
    ['foo="a, wait=9; \\" ", wait=3', 3_000, 'wait=3'],
    ['foo; bar=",", wait=3;x', 3_000, 'wait=3'],
    ['wait=3, wait=9', 3_000, 'wait=3'],
    [', ,wait=3,', 3_000, 'wait=3'],
  ])('%s waits %i ms', (header, waitMs, applied) => expect(read(header)).toEqual({ waitMs, applied }));

  it.each([
    undefined,
    '',
    ',',
    'wait',
    'wait=',
    'wait=-1',
    'wait=+1',
    'wait=1.5',
    'wait=1s',
    'wait=1 2',
    'wait="5',
    'wait="',
    'wait=0x10',
    'wait=\u0661',
    'wait=x, wait=5',
    'waiting=5',
    'foo="wait=5"',
    'return=minimal',
    'respond-async=yes',
    'foo="\\',
    '=5',
    ';wait=5',
  ])('%j is none of ours', (header) => expect(read(header)).toEqual(unsaid));

  it('may come in several headers', () => {
    expect(readPreference(['wait=3', 'respond-async'], waits)).toEqual({
      waitMs: 3_000,
      applied: 'respond-async, wait=3',
    });
  });

  it('is clamped to what the server allows', () => {
    expect(readPreference('wait=10', { defaultWaitMs: 1_000, maxWaitMs: 2_500 })).toEqual({
      waitMs: 2_500,
      applied: 'wait=2',
    });
  });

  it('never waits outside of the bounds, whatever is sent', () => {
    const pieces = fc.constantFrom('wait', '=', '5', '99', ',', ';', '"', '\\', ' ', 'respond-async', 'a');
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 30 }), (parts) => {
        const { waitMs } = read(parts.join(''));
        expect(waitMs).toBeGreaterThanOrEqual(0);
        expect(waitMs).toBeLessThanOrEqual(60_000);
      }),
    );
  });

  it('is read in linear time', () => {
    const started = performance.now();
    for (const header of [
      '"\\'.repeat(8_000),
      `wait=${' '.repeat(16_000)}x`,
      ','.repeat(16_000),
      'a;'.repeat(8_000),
    ])
      read(header);
    expect(performance.now() - started).toBeLessThan(1_000);
  });
});
