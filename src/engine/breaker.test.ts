import { describe, expect, it } from 'vitest';
import { type Breaker, type CallHealth, createBreaker } from './breaker.ts';

const options = {
  windowMs: 1000,
  minCalls: 10,
  openAt: 0.9,
  // More than the tests of the share need. The tests of calls in a row have their own options.
  silencesInRow: 100,
  silentForMs: 50,
  pauseMs: 100,
  pauseCapMs: 350,
  errorPauseMs: 30,
  probes: 2,
};

function breaker(): Breaker {
  return createBreaker(options);
}

function ended(subject: Breaker, nowMs: number, ...healths: CallHealth[]): void {
  for (const health of healths) subject.ended(nowMs, health, nowMs);
}

function many(count: number, health: CallHealth): CallHealth[] {
  return Array.from({ length: count }, () => health);
}

/** Open after silence since 0, until 100. */
function silenced(): Breaker {
  const subject = breaker();
  ended(subject, 0, ...many(10, 'silence'));
  return subject;
}

describe('a closed breaker', () => {
  it('lets all calls through', () => {
    const subject = breaker();
    expect([1, 2, 3, 4].map(() => subject.reserve(5))).toEqual([0, 0, 0, 0]);
    expect(subject.stoppedMs(5)).toBe(0);
  });

  it('opens at the smallest number of calls that counts, not before', () => {
    const subject = breaker();
    ended(subject, 0, ...many(9, 'silence'));
    expect(subject.stoppedMs(0)).toBe(0);
    ended(subject, 0, 'silence');
    expect(subject.stoppedMs(0)).toBe(100);
  });

  it('opens at the share that failed, not below it', () => {
    const below = breaker();
    ended(below, 0, ...many(8, 'silence'), 'alive', 'alive');
    expect(below.stoppedMs(0)).toBe(0);
    const reached = breaker();
    ended(reached, 0, 'alive', ...many(9, 'silence'));
    expect(reached.stoppedMs(0)).toBe(100);
  });

  it('counts one window at a time, and forgets earlier failures', () => {
    const inside = breaker();
    ended(inside, 500, ...many(9, 'silence'));
    ended(inside, 1499, 'silence');
    expect(inside.stoppedMs(1499)).toBe(100);
    const outside = breaker();
    ended(outside, 500, ...many(9, 'silence'));
    ended(outside, 1500, 'silence');
    expect(outside.stoppedMs(1500)).toBe(0);
    ended(outside, 1500, ...many(9, 'silence'));
    expect(outside.stoppedMs(1500)).toBe(100);
  });

  it('forgets earlier successes too', () => {
    const subject = breaker();
    ended(subject, 0, ...many(9, 'alive'));
    ended(subject, 1000, ...many(10, 'silence'));
    expect(subject.stoppedMs(1000)).toBe(100);
  });

  it('pauses for a shorter time if the last failure was an answer', () => {
    const subject = breaker();
    ended(subject, 0, ...many(9, 'silence'), 'error');
    expect(subject.stoppedMs(0)).toBe(30);
  });
});

describe('a closed breaker with few calls', () => {
  const inRow = (): Breaker => createBreaker({ ...options, minCalls: 1000, silencesInRow: 3 });

  it('opens after enough silent calls in a row, however slowly they come', () => {
    const subject = inRow();
    ended(subject, 0, 'silence', 'silence');
    expect(subject.stoppedMs(0)).toBe(0);
    ended(subject, 100_000, 'silence');
    expect(subject.stoppedMs(100_000)).toBe(100);
  });

  it.each(['alive', 'error', 'forbidden'] as const)('starts counting again after an answer: %s', (answer) => {
    const subject = inRow();
    ended(subject, 0, 'silence', 'silence', answer);
    ended(subject, 1000, 'silence', 'silence');
    expect(subject.stoppedMs(1000)).toBe(0);
    ended(subject, 1000, 'silence');
    expect(subject.stoppedMs(1000)).toBe(100);
  });

  it('does not open while the last answer is recent', () => {
    const subject = inRow();
    ended(subject, 0, 'alive');
    ended(subject, 49, 'silence', 'silence', 'silence');
    expect(subject.stoppedMs(49)).toBe(0);
    ended(subject, 50, 'silence');
    expect(subject.stoppedMs(50)).toBe(100);
  });

  it('starts counting again after it was open', () => {
    const subject = inRow();
    ended(subject, 0, 'silence', 'silence', 'silence');
    subject.reserve(100);
    ended(subject, 100, 'alive');
    ended(subject, 200, 'silence', 'silence');
    expect(subject.stoppedMs(200)).toBe(0);
  });
});

describe('an open breaker', () => {
  it('stops calls until its pause is over, to the millisecond', () => {
    const subject = silenced();
    expect([subject.reserve(0), subject.reserve(99)]).toEqual([100, 1]);
    expect([subject.stoppedMs(99), subject.stoppedMs(100), subject.stoppedMs(5000)]).toEqual([1, 0, 0]);
    expect(subject.reserve(100)).toBe(0);
  });

  it('ignores calls that end late', () => {
    const subject = silenced();
    ended(subject, 50, 'alive', ...many(20, 'silence'));
    expect(subject.stoppedMs(50)).toBe(50);
  });

  it('takes a call that leaves after its pause for a probe, even if it got its place before', () => {
    const subject = silenced();
    expect([subject.leave(60), subject.leave(100)]).toEqual([40, 0]);
    // One of the two probes has left.
    expect([subject.reserve(101), subject.reserve(101)]).toEqual([0, 100]);
    ended(subject, 110, 'silence');
    expect(subject.stoppedMs(110)).toBe(200);
  });

  it('can be paused for longer, and then continues from there', () => {
    const subject = silenced();
    subject.pause(50, 1000, 50);
    expect(subject.stoppedMs(50)).toBe(1000);
    expect(subject.reserve(1049)).toBe(1);
    expect(subject.reserve(1050)).toBe(0);
  });
});

describe('a breaker that was paused', () => {
  it('closes as soon as a call succeeds, and after no other outcome', () => {
    const subject = breaker();
    subject.pause(0, 1000, 0);
    ended(subject, 10, 'forbidden', 'error', 'silence');
    expect(subject.stoppedMs(10)).toBe(990);
    ended(subject, 10, 'alive');
    expect(subject.stoppedMs(10)).toBe(0);
    expect([1, 2, 3].map(() => subject.reserve(10))).toEqual([0, 0, 0]);
  });

  it.each([
    ['lets nothing through', 1020],
    ['goes on with its probes only', 2000],
  ])('%s when a call succeeds that left before the refusal', (_what, nowMs) => {
    const subject = breaker();
    subject.pause(1010, 500, 1000);
    subject.reserve(nowMs);
    subject.ended(nowMs, 'alive', 999);
    expect(subject.isStopped()).toBe(true);
    subject.ended(nowMs, 'alive', 1000);
    expect(subject.isStopped()).toBe(false);
  });

  it('closes again only with a call of the probes, if all of them were refused', () => {
    const subject = breaker();
    subject.pause(0, 1000, 0);
    expect([subject.reserve(1000), subject.reserve(1000)]).toEqual([0, 0]);
    ended(subject, 1010, 'forbidden');
    subject.ended(1020, 'alive', 999);
    expect(subject.stoppedMs(1020)).toBe(990);
    subject.ended(1020, 'alive', 1000);
    expect(subject.stoppedMs(1020)).toBe(0);
  });
});

describe('a probing breaker', () => {
  function probing(): Breaker {
    const subject = silenced();
    expect([subject.reserve(100), subject.reserve(100)]).toEqual([0, 0]);
    return subject;
  }

  it('lets its probes through, and the others must ask again', () => {
    const subject = probing();
    expect(subject.reserve(100)).toBe(100);
    expect(subject.stoppedMs(100)).toBe(0);
  });

  it('closes with the first call that is alive, with its counts at zero', () => {
    const subject = probing();
    ended(subject, 110, 'alive');
    expect([1, 2, 3].map(() => subject.reserve(110))).toEqual([0, 0, 0]);
    ended(subject, 110, ...many(9, 'silence'));
    expect(subject.stoppedMs(110)).toBe(0);
    ended(subject, 110, 'silence');
    expect(subject.stoppedMs(110)).toBe(100);
  });

  it('opens for twice as long each time a probe gets no answer, up to the cap', () => {
    const subject = silenced();
    let nowMs = 100;
    const pauses: number[] = [];
    for (let round = 0; round < 4; round += 1) {
      expect(subject.reserve(nowMs)).toBe(0);
      ended(subject, nowMs, 'silence');
      pauses.push(subject.stoppedMs(nowMs));
      nowMs += subject.stoppedMs(nowMs);
    }
    expect(pauses).toEqual([200, 350, 350, 350]);
  });

  it('opens for the pause after errors if a probe gets an error', () => {
    const subject = probing();
    ended(subject, 110, 'error');
    expect(subject.stoppedMs(110)).toBe(30);
  });

  it('continues after a refused probe, as long as it has probes left', () => {
    const subject = silenced();
    subject.reserve(100);
    ended(subject, 110, 'forbidden');
    expect([subject.stoppedMs(110), subject.reserve(110)]).toEqual([0, 0]);
    ended(subject, 120, 'alive');
    expect([1, 2, 3].map(() => subject.reserve(120))).toEqual([0, 0, 0]);
  });

  it('opens for the same pause if all were refused, and a late success ends it', () => {
    const subject = breaker();
    subject.pause(0, 1000, 0);
    expect([subject.reserve(1000), subject.reserve(1000)]).toEqual([0, 0]);
    ended(subject, 1010, 'forbidden');
    expect(subject.stoppedMs(1010)).toBe(1000);
    ended(subject, 1020, 'alive');
    expect(subject.stoppedMs(1020)).toBe(0);
  });

  it('sends the same number of probes again after the longest pause if the old ones did not return', () => {
    const subject = probing();
    expect(subject.reserve(449)).toBe(100);
    expect([subject.reserve(450), subject.reserve(450)]).toEqual([0, 0]);
    expect(subject.reserve(799)).toBe(100);
    expect(subject.reserve(800)).toBe(0);
  });
});
