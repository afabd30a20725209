/** What one route says about itself. The document is made from it. */
import type { ProblemCode } from '../../domain/problems.ts';
import type { AnswerName } from './answers.ts';
import type { BodyName } from './bodies.ts';
import type { Schema } from './schema.ts';

export interface Operation {
  /** Unique; generated clients call the method so. */
  readonly id: string;
  readonly summary: string;
  readonly tag: 'Payments' | 'Refunds' | 'Captures and voids' | 'Review' | 'Webhooks' | 'Demo' | 'Server';
  readonly query?: Readonly<Record<string, Schema>>;
  readonly body?: Body;
  /** By status. Null: no body. */
  readonly answers: Readonly<Record<number, AnswerName | null>>;
  /** What an answer means, by status, where the usual sentence would not be true. */
  readonly says?: Readonly<Record<number, string>>;
  /** An answer, where the usual example would not be true. */
  readonly example?: object;
  /** Its answers are about a void. */
  readonly ofVoid?: true;
  /** Besides those that every route of its kind can have. */
  readonly problems?: readonly ProblemCode[];
  /** Statuses that come with `Location`, or with `Retry-After`. */
  readonly located?: readonly number[];
  readonly retried?: readonly number[];
  /** Statuses that come with `Retry-After` only while it is still open. */
  readonly retriedIfOpen?: readonly number[];
  /** Problems in the form of the demo. */
  readonly demo?: true;
}

export interface Body {
  readonly schema: BodyName;
  readonly optional?: true;
  readonly example: object;
}
