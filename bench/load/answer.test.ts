import { describe, expect, test } from 'vitest';
import { readAnswer } from './answer.ts';

const head = (...lines: string[]): string => `${['HTTP/1.1 201 Created', ...lines].join('\r\n')}\r\n\r\n`;

describe('an answer with a length', () => {
  const text = `${head('Content-Type: application/json', 'Content-Length: 9')}{"a":"b"}`;

  test('is complete with its last byte, and not a byte before', () => {
    for (let end = 0; end < text.length; end += 1) expect(readAnswer(text.slice(0, end))).toBeNull();
    expect(readAnswer(text)).toEqual({ status: 201, body: '{"a":"b"}', closes: false });
  });

  test('ends where its length says, whatever follows', () => {
    expect(readAnswer(`${text}HTTP/1.1 200 OK`)?.body).toBe('{"a":"b"}');
  });

  test('may have an empty body', () => {
    expect(readAnswer(head('content-length: 0'))).toEqual({ status: 201, body: '', closes: false });
  });

  test('says whether the connection ends with it, in any case', () => {
    expect(readAnswer(head('CONNECTION: Close', 'Content-Length: 0'))?.closes).toBe(true);
  });
});

describe('an answer in chunks', () => {
  const text = `${head('Transfer-Encoding: chunked')}4\r\n{"a"\r\n5;name=x\r\n:"b"}\r\n0\r\n\r\n`;

  test('is complete with the empty line behind the last chunk, and not a byte before', () => {
    for (let end = 0; end < text.length; end += 1) expect(readAnswer(text.slice(0, end))).toBeNull();
    expect(readAnswer(text)).toEqual({ status: 201, body: '{"a":"b"}', closes: false });
  });

  test('does not end where its data looks like the end', () => {
    const data = '0\r\n\r\n';
    const part = `${head('Transfer-Encoding: chunked')}5\r\n${data}`;
    expect(readAnswer(part)).toBeNull();
    expect(readAnswer(`${part}\r\n0\r\n\r\n`)?.body).toBe(data);
  });

  test('has sizes in hexadecimal digits', () => {
    const body = 'x'.repeat(26);
    expect(readAnswer(`${head('transfer-encoding: chunked')}1A\r\n${body}\r\n0\r\n\r\n`)?.body).toBe(body);
  });

  test('may have trailers', () => {
    const part = `${head('transfer-encoding: chunked')}1\r\nx\r\n0\r\nA: b\r\n`;
    expect(readAnswer(part)).toBeNull();
    expect(readAnswer(`${part}\r\n`)?.body).toBe('x');
  });

  test('is in chunks although a length is given too', () => {
    const both = head('Content-Length: 1', 'Transfer-Encoding: chunked');
    expect(readAnswer(`${both}2\r\nxy\r\n0\r\n\r\n`)?.body).toBe('xy');
  });
});

test('an answer without either ends with the connection', () => {
  const text = `${head('Content-Type: text/plain')}half`;
  expect(readAnswer(text)).toBeNull();
  expect(readAnswer(text, true)).toEqual({ status: 201, body: 'half', closes: true });
});

test('an answer that the end of the connection cuts short does not count', () => {
  expect(readAnswer(`${head('Content-Length: 9')}half`, true)).toBeNull();
});

test('an interim answer is not the answer', () => {
  const interim = 'HTTP/1.1 100 Continue\r\n\r\n';
  expect(readAnswer(interim)).toBeNull();
  expect(readAnswer(`${interim}${head('Content-Length: 1')}x`)).toMatchObject({ status: 201, body: 'x' });
});

test('204 has no body, and needs no length', () => {
  expect(readAnswer('HTTP/1.1 204 No Content\r\n\r\n')).toMatchObject({ status: 204, body: '' });
});
