import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { createSecretBox, encryptionKey, newEncryptionKey, UnopenedError } from './secrets.ts';

const ENDPOINT = { accountId: 'shop', endpointId: '01936b1e-7f2a-7c3d-8e4f-0123456789ab' };

test('a secret is not readable, differs each time, and is opened again', () => {
  const box = createSecretBox([randomBytes(32)]);
  const [one, two] = [box.seal(ENDPOINT, 'whsec_x'), box.seal(ENDPOINT, 'whsec_x')];
  expect(one).not.toContain('whsec');
  expect(one).not.toBe(two);
  expect([one, two].map((sealed) => box.open(ENDPOINT, sealed))).toEqual(['whsec_x', 'whsec_x']);
});

test('it cannot be moved to another endpoint or account, be changed, or be opened with another key', () => {
  const key = randomBytes(32);
  const box = createSecretBox([key]);
  const sealed = box.seal(ENDPOINT, 'whsec_x');
  const last = sealed.endsWith('A=') ? 'B=' : 'A=';
  const attempts = [
    () => box.open({ ...ENDPOINT, accountId: 'other' }, sealed),
    () => box.open({ ...ENDPOINT, endpointId: ENDPOINT.endpointId.replace('1', '2') }, sealed),
    () => box.open(ENDPOINT, sealed.slice(0, -6) + last),
    () => box.open(ENDPOINT, ''),
    () => box.open(ENDPOINT, sealed.split('.').slice(0, 2).join('.')),
    () => createSecretBox([randomBytes(32)]).open(ENDPOINT, sealed),
  ];
  for (const attempt of attempts) expect(attempt).toThrow(UnopenedError);
});

test('the first key encrypts, and each decrypts what it has encrypted', () => {
  const [old, next] = [randomBytes(32), randomBytes(32)];
  const before = createSecretBox([old]).seal(ENDPOINT, 'a');
  const both = createSecretBox([next, old]);
  const after = both.seal(ENDPOINT, 'b');
  expect([both.open(ENDPOINT, before), both.open(ENDPOINT, after)]).toEqual(['a', 'b']);
  expect(createSecretBox([next]).open(ENDPOINT, after)).toBe('b');
});

test('a key is 32 bytes in base64', () => {
  expect(encryptionKey(newEncryptionKey())).toHaveLength(32);
  for (const text of [
    '',
    'x',
    randomBytes(31).toString('base64'),
    randomBytes(33).toString('base64'),
    'ab '.repeat(20),
  ])
    expect(encryptionKey(text)).toBeNull();
});
