/** Reads the fields of an answer, and believes nothing that has another form than the API says. */

export type Fields = Readonly<Record<string, unknown>>;

/** An answer that has another form, or is about something else. Never leaves the client. */
export class NotBelieved extends Error {}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function wrong(name: string): NotBelieved {
  return new NotBelieved(`its ${name} is not what the API says`);
}

export function textAt(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value !== 'string') throw wrong(name);
  return value;
}

export function textOrNullAt(fields: Fields, name: string): string | null {
  return fields[name] === null ? null : textAt(fields, name);
}

export function flagAt(fields: Fields, name: string): boolean {
  const value = fields[name];
  if (typeof value !== 'boolean') throw wrong(name);
  return value;
}

/** A whole number from 0 that JSON has kept exactly. */
export function countAt(fields: Fields, name: string): number {
  const value = fields[name];
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) throw wrong(name);
  return value;
}

/** The same; null if there is no such field. */
export function countIfAnyAt(fields: Fields, name: string): number | null {
  return fields[name] === undefined ? null : countAt(fields, name);
}

/** Milliseconds since the Unix epoch. */
export function timeAt(fields: Fields, name: string): number {
  const ms = Date.parse(textAt(fields, name));
  if (!Number.isFinite(ms)) throw wrong(name);
  return ms;
}

export function wordAt<Word extends string>(fields: Fields, name: string, words: readonly Word[]): Word {
  const word = words.find((each) => each === fields[name]);
  if (word === undefined) throw wrong(name);
  return word;
}

export function wordsAt(fields: Fields, name: string): readonly string[] {
  const value = fields[name];
  if (!Array.isArray(value) || value.some((each) => typeof each !== 'string')) throw wrong(name);
  return value as readonly string[];
}

/** Texts by name. */
export function textsAt(fields: Fields, name: string): Readonly<Record<string, string>> {
  const value = fields[name];
  if (!isFields(value) || Object.values(value).some((each) => typeof each !== 'string')) throw wrong(name);
  return value as Readonly<Record<string, string>>;
}

/** What every unsettled thing says of itself: when to ask again, and when something happens next. */
export function waitsAt(fields: Fields): {
  readonly retryAfterMs: number | null;
  readonly nextAttemptAtMs: number | null;
} {
  const retryAfterMs = countIfAnyAt(fields, 'retry_after_ms');
  const isSettled = fields.next_attempt_at === undefined || fields.next_attempt_at === null;
  return { retryAfterMs, nextAttemptAtMs: isSettled ? null : timeAt(fields, 'next_attempt_at') };
}

/** Throws unless the two are the same: then the answer is about something else. */
export function mustBe(what: string, told: unknown, asked: unknown): void {
  if (told !== asked) throw new NotBelieved(`it is about another ${what} than was asked for`);
}
