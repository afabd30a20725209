/**
 * Answers when no complete HTTP request arrives: the bytes do not parse, the headers are too large, or the request takes too long.
 * There is no request object then, so the answer is written to the socket by hand, and the connection ends.
 */
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { PROBLEMS } from '../domain/problems.ts';
import type { HttpLogger } from './access-log.ts';
import { PROBLEM_TYPE, type Problem, problemBody } from './problem.ts';

/** Node's internal field for the response that a socket is busy with. Node's default handler reads it, too. */
type BusySocket = Socket & { readonly _httpMessage?: ServerResponse | null };

const REASONS: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  408: 'Request Timeout',
  431: 'Request Header Fields Too Large',
};

/** Answers a `clientError` of Node's server. `code`: of the parser or of the server. */
export function answerClientError(code: string | undefined, socket: Socket, logger: HttpLogger): void {
  // Only the code is logged: the error also holds the bytes that were sent.
  logger.debug({ code }, 'client error');
  if (code === 'ECONNRESET' || socket.destroyed) return;
  if (!socket.writable || isAnsweringAnother(socket)) {
    socket.destroy();
    return;
  }
  socket.end(rawAnswer(problemFor(code)), () => socket.destroy());
}

/**
 * Whether a complete request on this connection is still being answered. Then the broken bytes came after that request, and the
 * client would take anything written now for its answer: a 400 for a payment that is being charged.
 */
function isAnsweringAnother(socket: BusySocket): boolean {
  const response = socket._httpMessage;
  return response != null && (response.req.complete || response.headersSent);
}

function problemFor(code: string | undefined): Problem {
  switch (code) {
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return {
        code: 'request_timeout',
        detail: 'Nothing was stored or sent. Send the whole request at once.',
      };
    case 'HPE_HEADER_OVERFLOW':
      return {
        code: 'headers_too_large',
        detail: 'Nothing was stored or sent. Send fewer or shorter headers.',
      };
    default:
      return { code: 'invalid_request', detail: 'This is not valid HTTP. Nothing was stored or sent.' };
  }
}

function rawAnswer(problem: Problem): string {
  const { status } = PROBLEMS[problem.code];
  const body = problemBody(problem);
  return [
    `HTTP/1.1 ${status} ${REASONS[status] ?? ''}`,
    `Content-Type: ${PROBLEM_TYPE}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Cache-Control: no-store',
    'Connection: close',
    '',
    body,
  ].join('\r\n');
}
