/**
 * Reads one HTTP/1.1 answer from the text that has come so far: the status, the body, and whether it is complete. What
 * a benchmark does not need (headers that are not about the framing) is skipped, because the load generator shares the
 * machine with what it measures.
 */

export interface Answer {
  /** 0: the connection broke before the answer was complete. */
  readonly status: number;
  readonly body: string;
}

export interface WholeAnswer extends Answer {
  /** Whether the server closes the connection behind it. */
  readonly closes: boolean;
}

/**
 * The complete answer at the beginning of the text, or null while some of it is missing. `ended`: nothing more will come,
 * which is how an answer without a length ends (RFC 9112 §6.3).
 */
export function readAnswer(text: string, ended = false): WholeAnswer | null {
  const headEnd = text.indexOf('\r\n\r\n');
  if (headEnd < 0) return null;
  const head = text.slice(0, headEnd).toLowerCase();
  const status = Number(head.slice(9, 12));
  const bodyAt = headEnd + 4;
  // An interim answer (100 Continue) is followed by the real one.
  if (status < 200) return readAnswer(text.slice(bodyAt), ended);
  const closes = head.includes('\r\nconnection: close');
  if (status === 204 || status === 304) return { status, body: '', closes };
  // A transfer coding wins over a length (RFC 9112 §6.3).
  if (head.includes('\r\ntransfer-encoding: chunked')) {
    const body = readChunks(text, bodyAt);
    return body === null ? null : { status, body, closes };
  }
  const lengthAt = head.indexOf('\r\ncontent-length:');
  if (lengthAt < 0) return ended ? { status, body: text.slice(bodyAt), closes: true } : null;
  const length = Number.parseInt(head.slice(lengthAt + 17), 10);
  return text.length < bodyAt + length ? null : { status, body: text.slice(bodyAt, bodyAt + length), closes };
}

/** The chunks from here put together, or null while the last one, or the empty line behind its trailers, is missing. */
function readChunks(text: string, from: number): string | null {
  let body = '';
  for (let at = from; ; ) {
    const lineEnd = text.indexOf('\r\n', at);
    if (lineEnd < 0) return null;
    // Extensions behind a semicolon are skipped: the number ends there.
    const size = Number.parseInt(text.slice(at, lineEnd), 16);
    if (Number.isNaN(size))
      throw new Error(`The answer has a chunk without a size: ${text.slice(at, lineEnd)}`);
    const dataAt = lineEnd + 2;
    if (size === 0) return endsWithEmptyLine(text, dataAt) ? body : null;
    if (text.length < dataAt + size + 2) return null;
    body += text.slice(dataAt, dataAt + size);
    at = dataAt + size + 2;
  }
}

/** Behind the last chunk come trailers, a line each, and an empty line. */
function endsWithEmptyLine(text: string, at: number): boolean {
  return text.startsWith('\r\n', at) || text.indexOf('\r\n\r\n', at) >= 0;
}
