/** The whole API as one document. */
import { OUTGOING_ROUTES } from '../outgoing-v1.ts';
import { SEED_ROUTES } from '../routes-seed.ts';
import { V1_ROUTES } from '../routes-v1.ts';
import { type Document, documentOf } from './document.ts';
import { OPEN_ROUTES } from './operations/server.ts';

/** 30 days, the default of the setting of this name. */
export const ANSWER_RETENTION_MS = 2_592_000_000;

export function apiDocument(answerRetentionMs: number): Document {
  return documentOf([...V1_ROUTES, ...OUTGOING_ROUTES, ...SEED_ROUTES, ...OPEN_ROUTES], answerRetentionMs);
}
