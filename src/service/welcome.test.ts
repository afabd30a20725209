import { expect, test } from 'vitest';
import { welcome } from './welcome.ts';

const READY = {
  url: 'http://127.0.0.1:8000',
  gatewayUrl: 'http://127.0.0.1:8000/fake-gateway',
  livemode: false,
  needsKey: false,
  isFake: true,
};

test('at the fake gateway there is a charge to copy, with a key where one is needed', () => {
  const text = welcome(READY, null);
  expect(text).toContain('it moves no real money).\n');
  expect(text).toContain('curl -i http://127.0.0.1:8000/v1/payments');
  expect(text).toContain('tok_visa');
  expect(text).not.toContain('Authorization');
  expect(welcome({ ...READY, needsKey: true }, null)).toContain('Authorization: Bearer $PAYONCE_API_KEY');
});

test('at any other gateway nobody is invited to charge', () => {
  const text = welcome({ ...READY, gatewayUrl: 'https://pay.example', livemode: true, isFake: false }, null);
  expect(text).not.toContain('curl');
  expect(text).toContain('http://127.0.0.1:8000/reference');
});

test('another port than the usual one is explained', () => {
  expect(welcome({ ...READY, url: 'http://127.0.0.1:8001' }, 8000)).toContain('Port 8000 is taken.');
});
