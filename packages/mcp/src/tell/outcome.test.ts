import { expect, test } from 'vitest';
import { refusedText, withoutKeys } from './outcome.ts';

test('an agent hears nothing of new keys', () => {
  const detail =
    'The card was declined. Nothing was charged. Another method may be tried with a new Idempotency-Key.';
  expect(withoutKeys(detail)).toBe('The card was declined. Nothing was charged.');
});

test('other arguments than the first time are told without a word about keys', () => {
  const detail =
    'This Idempotency-Key is bound to a request with other terms. Use a new key for a new request.';
  const text = refusedText({ code: 'idempotency_key_reused', detail, retryAfterMs: null });
  expect(text).toMatch(/^Nothing was sent.*asked for before with other arguments/);
  expect(text).not.toMatch(/key/i);
});

test('what may be repeated says so, and an API key that is wrong is named', () => {
  const text = refusedText({
    code: 'scope_missing',
    detail: 'This API key may not do that.',
    retryAfterMs: 500,
  });
  expect(text).toMatch(/This API key may not do that\. Call the tool again/);
});
