/**
 * API keys: `po_live_` or `po_test_`, then 128 random bits and a checksum, all in hexadecimal. The prefix says at first sight whether a key can
 * move real money, and lets scanners find leaked keys. The checksum tells a mistyped key from an unknown one without a database.
 */
import { hash } from 'node:crypto';

/** The checksum is 32 bits: of four billion mistyped keys, one passes. It is no secret, and proves nothing about who made the key. */
const FORM = /^(?<body>po_(?:live|test)_[0-9a-f]{32})(?<checksum>[0-9a-f]{8})$/;
const LIVE = 'po_live_';
const TEST = 'po_test_';

/** What a text says about itself. Whether such a key exists, only the database knows. */
export interface ApiKey {
  /** The whole key. Secret. */
  readonly text: string;
  /** Whether the key is for real money. */
  readonly livemode: boolean;
}

/** A new key. `randomHex`: 32 hexadecimal digits that nobody can guess. */
export function makeApiKey(livemode: boolean, randomHex: string): ApiKey {
  const body = (livemode ? LIVE : TEST) + randomHex;
  return { text: body + checksumOf(body), livemode };
}

/** Null: it cannot be a key, because its form or its checksum is wrong. */
export function parseApiKey(text: string): ApiKey | null {
  const { body, checksum } = FORM.exec(text)?.groups ?? {};
  if (body === undefined || checksumOf(body) !== checksum) return null;
  return { text, livemode: saysLive(text) };
}

/** Whether the text is meant as a key of Payonce, right or wrong. */
export function looksLikeApiKey(text: string): boolean {
  return text.startsWith(LIVE) || text.startsWith(TEST);
}

/** Whether a text that is meant as a key says that it is for real money. */
export function saysLive(text: string): boolean {
  return text.startsWith(LIVE);
}

/**
 * What is stored of a key, and what it is found by: SHA-256, 64 hexadecimal digits. A slow hash would add nothing, because 128 random bits cannot
 * be guessed.
 */
export function apiKeyHash(text: string): string {
  return hash('sha256', text, 'hex');
}

/** The last four characters, to tell keys apart in lists and logs. They belong to the checksum, so they give away no random bit. */
export function lastFourOf({ text }: ApiKey): string {
  return text.slice(-4);
}

function checksumOf(body: string): string {
  return hash('sha256', body, 'hex').slice(0, 8);
}
