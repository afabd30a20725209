import type { CaptureOrVoidNow } from '../engine/api.ts';
import { exclusiveFields } from '../engine/capturing/answer.ts';

/** The fields of a capture or a void as it is read, with what may be done now. Its other answers have no actions: they may be kept for years. */
export function exclusiveNowFields(shown: CaptureOrVoidNow): Record<string, unknown> {
  const { metadata, created_at, updated_at, ...before } = exclusiveFields(shown);
  return { ...before, actions: shown.actions, metadata, created_at, updated_at };
}
