/** Finds where one HTTP message ends. All messages between us and the gateway have a `Content-Length`. */

/** The length of the first message. Null: its head is not complete yet. */
export function messageSize(bytes: Buffer): number | null {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0) return null;
  const length = /\r\ncontent-length: *(\d+)/i.exec(bytes.toString('latin1', 0, end));
  return end + 4 + Number(length?.[1] ?? 0);
}
