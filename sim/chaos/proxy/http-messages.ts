/** Where one HTTP message ends and the next begins: framed by `Content-Length`, as all are between us and the gateway. */

/** How long the message at the beginning is; null while its head is not complete. */
export function messageSize(bytes: Buffer): number | null {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0) return null;
  const length = /\r\ncontent-length: *(\d+)/i.exec(bytes.toString('latin1', 0, end));
  return end + 4 + Number(length?.[1] ?? 0);
}
