/** The query parameters of lists. */
import type { Schema } from '../schema.ts';

export const PAGE: Readonly<Record<string, Schema>> = {
  limit: { type: 'integer', minimum: 1, maximum: 100, default: 20 },
  cursor: { type: 'string', description: 'The `next_cursor` of the page before.' },
};
