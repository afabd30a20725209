/**
 * Page cursors, opaque to clients. Each is tagged with its list and a version, so that a cursor of another list or another release is
 * refused. Otherwise it would silently start somewhere else.
 */
export type CursorKind =
  | 'payments'
  | 'events'
  | 'refunds'
  | 'refund_events'
  | 'operation_events'
  | 'webhook_endpoints'
  | 'webhook_deliveries';

const TAGS: Readonly<Record<CursorKind, string>> = {
  payments: '1p',
  events: '1e',
  refunds: '1r',
  refund_events: '1s',
  operation_events: '1o',
  webhook_endpoints: '1w',
  webhook_deliveries: '1d',
};

export function encodeCursor(kind: CursorKind, position: string): string {
  return Buffer.from(`${TAGS[kind]}:${position}`, 'latin1').toString('base64url');
}

/** The position, or null if the text is no cursor of this kind. Each position has exactly one spelling. */
export function decodeCursor(kind: CursorKind, text: string): string | null {
  const plain = Buffer.from(text, 'base64url').toString('latin1');
  const tag = `${TAGS[kind]}:`;
  if (!plain.startsWith(tag)) return null;
  const position = plain.slice(tag.length);
  return encodeCursor(kind, position) === text ? position : null;
}
