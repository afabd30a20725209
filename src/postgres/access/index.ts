/** Accounts and API keys on PostgreSQL. */
import type { KeyBooks, KeyReader } from '../../ports/access.ts';
import { createSession, type SessionOptions } from '../session.ts';
import { keyBooks } from './books.ts';
import { keyReader } from './reader.ts';

export function createKeyReader(options: SessionOptions): KeyReader {
  return keyReader(createSession(options));
}

export function createKeyBooks(options: SessionOptions): KeyBooks {
  return keyBooks(createSession(options));
}
