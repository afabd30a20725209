import { expect, test } from 'vitest';
import { createClient } from './client.ts';
import type { ClientOptions } from './options.ts';

test.each<[string, Record<string, unknown>]>([
  ['baseUrl', {}],
  ['baseUrl', { baseUrl: 'pay.example' }],
  ['baseUrl', { baseUrl: 'ftp://pay.example' }],
  ['baseUrl', { baseUrl: 'https://me:pw@pay.example' }],
  ['baseUrl', { baseUrl: 'https://pay.example?x=1' }],
  ['apiKey', { apiKey: 'a\nb' }],
  ['timeoutMs', { timeoutMs: 0 }],
  ['deadlineMs', { deadlineMs: 86_400_001 }],
  ['maxRetries', { maxRetries: -1 }],
  ['fetch', { fetch: 5 }],
  ['retries', { retries: 1 }],
])('%s is refused if it is wrong', (name, changes) => {
  const options = { ...(name === 'baseUrl' ? {} : { baseUrl: 'https://pay.example' }), ...changes };
  expect(() => createClient(options as unknown as ClientOptions)).toThrow(name);
});
