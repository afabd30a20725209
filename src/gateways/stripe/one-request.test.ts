/** Whatever the SDK does, one exchange is one request at most. */
import { expect, test } from 'vitest';
import { sendOnce, type Write, type Written } from './one-request.ts';

const ANSWER = { kind: 'not_sent', reason: 'test' } as const;

async function run(write: Write) {
  const sent: Written[] = [];
  const exchange = await sendOnce('sk_test_0', write, async (request) => {
    sent.push(request);
    return ANSWER;
  });
  return { exchange, sent };
}

test('an SDK that asks twice sends one request, and both get an end', async () => {
  const ends: string[] = [];
  const { exchange, sent } = await run(async (stripe) => {
    await stripe.refunds.retrieve('re_1');
    ends.push('first');
    await stripe.refunds.retrieve('re_1').catch(() => ends.push('second'));
  });
  expect(sent).toHaveLength(1);
  expect(exchange).toEqual(ANSWER);
  expect(ends).toEqual(['first', 'second']);
});

test('an SDK that refuses to write sends nothing, now or later', async () => {
  let later: Promise<unknown> | undefined;
  const { exchange, sent } = await run(async (stripe) => {
    later = new Promise((resolve) => setImmediate(resolve)).then(() => stripe.refunds.retrieve('re_1'));
    throw new Error('no');
  });
  await expect(later).rejects.toThrow();
  expect(exchange).toEqual({ kind: 'not_sent', reason: 'request_not_written' });
  expect(sent).toEqual([]);
});
