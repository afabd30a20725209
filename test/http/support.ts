/** A scripted engine behind a real server: what these tests judge is the HTTP layer alone. */
import { connect, type Socket } from 'node:net';
import type { FastifyInstance, InjectOptions, LightMyRequestResponse } from 'fastify';
import { pino } from 'pino';
import { expect, onTestFinished } from 'vitest';
import type { CaptureOrVoidEvent } from '../../src/domain/capture-or-void.ts';
import type { ExclusiveKind } from '../../src/domain/effects.ts';
import type { Order, PaymentEvent } from '../../src/domain/payment.ts';
import type { RefundEvent } from '../../src/domain/refund.ts';
import type { FrozenAnswer } from '../../src/engine/answer.ts';
import type {
  CaptureOrVoidNow,
  ChargeAnswer,
  ChargeOptions,
  EventFilter,
  ExclusiveAnswer,
  ExclusiveOptions,
  ExclusiveWanted,
  ListFilter,
  LookWanted,
  NotReady,
  OperatorAnswer,
  PaymentNow,
  Payonce,
  RefundAnswer,
  RefundNow,
  RefundOptions,
  RefundsFilter,
  RefundsPage,
  RefundWanted,
  ResolveWanted,
  WebhookAnswer,
  WebhookWanted,
} from '../../src/engine/api.ts';
import { exclusiveProblem } from '../../src/engine/capturing/problem.ts';
import { createServer, type ServerOptions } from '../../src/http/server.ts';
import { OPEN_ACCESS } from '../support/open-access.ts';

export const PAYMENT_ID = '01936b1e-7f2a-7c3d-8e4f-0123456789ab';

/** Everything confidential that a client may send contains this word. No log line may ever contain it. */
export const SECRET = 'hush';

export const payment: PaymentNow = {
  paymentId: PAYMENT_ID,
  accountId: 'default',
  orderId: `${SECRET}-order`,
  amountMinor: 10000,
  currency: 'USD',
  metadata: { note: SECRET },
  status: 'PROCESSING',
  attempts: 1,
  failureCode: null,
  gateway: 'http',
  livemode: true,
  gatewayRef: null,
  chargeN: 1,
  inDoubt: false,
  retryAfterMs: null,
  nextAttemptAtMs: null,
  nextAction: null,
  seq: 2,
  createdAtMs: Date.UTC(2026, 10, 23, 12),
  updatedAtMs: Date.UTC(2026, 10, 23, 12, 0, 1),
  sums: { capturedMinor: 10000, refundingMinor: 400, refundedMinor: 30, elsewhereMinor: 2 },
  actions: [],
};

export const completed: FrozenAnswer = {
  problem: null,
  // Laid out as no serialiser would, so that "byte for byte" can be seen.
  body: `{ "payment_id":"${PAYMENT_ID}",  "status":"COMPLETED", "note":"\u20ac" }\n`,
};

export function settled(frozen: FrozenAnswer, more: { started: boolean; replayed: boolean }): ChargeAnswer {
  return { kind: 'settled', frozen, paymentId: PAYMENT_ID, ...more };
}

/** The answer of a refund that succeeded, laid out as no serialiser would. */
export const succeeded: FrozenAnswer = {
  problem: null,
  body: `{ "refund_id":"${SECRET}-refund",  "status":"SUCCEEDED", "reason":"\u20ac" }\n`,
};

export function refunded(
  more: { started: boolean; replayed: boolean },
  frozen: FrozenAnswer = succeeded,
): RefundAnswer {
  return { kind: 'settled', frozen, paymentId: PAYMENT_ID, name: `${SECRET}-refund`, ...more };
}

export const body = { order_id: `${SECRET}-order`, amount: 10000, currency: 'USD' };

/** A number with the prefix and length of a card and its check digit; none stands in this repository. */
export const CARD = `4${'0'.repeat(14)}2`;

interface Script {
  charge?: (order: Order, options: ChargeOptions) => Promise<ChargeAnswer> | ChargeAnswer;
  payment?: (id: string) => Promise<PaymentNow | null> | PaymentNow | null;
  payments?: (filter: ListFilter) => Promise<readonly PaymentNow[]> | readonly PaymentNow[];
  events?: (
    id: string,
    filter: EventFilter,
  ) => Promise<readonly PaymentEvent[] | null> | readonly PaymentEvent[] | null;
  refund?: (wanted: RefundWanted, options: RefundOptions) => Promise<RefundAnswer> | RefundAnswer;
  findRefund?: (id: string, refundId: string) => Promise<RefundNow | null> | RefundNow | null;
  refunds?: (id: string, filter: RefundsFilter) => Promise<RefundsPage | null> | RefundsPage | null;
  refundEvents?: (
    id: string,
    refundId: string,
    filter: EventFilter,
  ) => Promise<readonly RefundEvent[] | null> | readonly RefundEvent[] | null;
  exclusive?: (kind: ExclusiveKind) => ExclusiveAnswer;
  findExclusive?: (kind: ExclusiveKind) => CaptureOrVoidNow | null;
  exclusiveEvents?: (kind: ExclusiveKind, filter: EventFilter) => readonly CaptureOrVoidEvent[] | null;
  operate?: () => OperatorAnswer;
  webhook?: () => WebhookAnswer;
  notReady?: () => Promise<NotReady | null>;
}

export interface Harness {
  readonly app: FastifyInstance;
  /** Every charge that reached the engine. */
  readonly charges: { readonly order: Order; readonly options: ChargeOptions }[];
  /** Every refund that reached the engine. */
  readonly refunds: { readonly wanted: RefundWanted; readonly options: RefundOptions }[];
  /** Every capture and void that reached the engine. */
  readonly exclusives: {
    readonly kind: ExclusiveKind;
    readonly wanted: ExclusiveWanted;
    readonly options: ExclusiveOptions;
  }[];
  /** Everything that an operator asked of the engine. */
  readonly operated: (LookWanted | ResolveWanted)[];
  /** Every event of a gateway that reached the engine. */
  readonly events: WebhookWanted[];
  /** Every log line, parsed. */
  readonly lines: Record<string, unknown>[];
  readonly inject: (options: InjectOptions) => Promise<LightMyRequestResponse>;
  /** `POST /v1/payments` with a JSON body. */
  readonly post: (payload: unknown, headers?: Record<string, string>) => Promise<LightMyRequestResponse>;
  /** `POST /v1/payments/<PAYMENT_ID>/refunds` with a JSON body. */
  readonly giveBack: (payload: unknown, headers?: Record<string, string>) => Promise<LightMyRequestResponse>;
  /** `POST /payments/start/` with a JSON body. */
  readonly start: (payload: unknown, headers?: Record<string, string>) => Promise<LightMyRequestResponse>;
  /** Listens, and returns the port. */
  readonly listen: () => Promise<number>;
}

/** Closes itself at the end of the test, and then looks for secrets in the log. */
export function harness(script: Script = {}, options: Partial<ServerOptions> = {}): Harness {
  const charges: Harness['charges'] = [];
  const refunds: Harness['refunds'] = [];
  const exclusives: Harness['exclusives'] = [];
  const operated: Harness['operated'] = [];
  const events: Harness['events'] = [];
  const lines: Harness['lines'] = [];
  const operate = async (wanted: LookWanted | ResolveWanted): Promise<OperatorAnswer> => {
    operated.push(wanted);
    return (script.operate ?? (() => ({ kind: 'payment' as const, payment })))();
  };
  const logger = pino({ level: 'trace' }, { write: (line: string) => void lines.push(JSON.parse(line)) });
  const payonce: Payonce = {
    charge: async (order, chargeOptions) => {
      charges.push({ order, options: chargeOptions });
      return (script.charge ?? (() => settled(completed, { started: true, replayed: false })))(
        order,
        chargeOptions,
      );
    },
    payment: async (_account, id) => (script.payment ?? (() => null))(id),
    payments: async (_account, filter) => (script.payments ?? (() => []))(filter),
    events: async (_account, id, filter) => (script.events ?? (() => null))(id, filter),
    refund: async (wanted, refundOptions) => {
      refunds.push({ wanted, options: refundOptions });
      return (script.refund ?? (() => refunded({ started: true, replayed: false })))(wanted, refundOptions);
    },
    capture: async (wanted, exclusiveOptions) => {
      exclusives.push({ kind: 'capture', wanted, options: exclusiveOptions });
      return (script.exclusive ?? (() => exclusiveProblem('payment_not_capturable')))('capture');
    },
    void: async (wanted, exclusiveOptions) => {
      exclusives.push({ kind: 'void', wanted, options: exclusiveOptions });
      return (script.exclusive ?? (() => exclusiveProblem('payment_not_voidable')))('void');
    },
    findExclusive: async (_account, _id, kind) => (script.findExclusive ?? (() => null))(kind),
    exclusiveEvents: async (_account, _id, kind, filter) =>
      (script.exclusiveEvents ?? (() => null))(kind, filter),
    lookNow: operate,
    resolve: operate,
    gatewayWebhook: async (wanted) => {
      events.push(wanted);
      return (script.webhook ?? (() => ({ kind: 'taken' as const })))();
    },
    findRefund: async (_account, id, refundId) => (script.findRefund ?? (() => null))(id, refundId),
    refunds: async (_account, id, filter) => (script.refunds ?? (() => null))(id, filter),
    refundEvents: async (_account, id, refundId, filter) =>
      (script.refundEvents ?? (() => null))(id, refundId, filter),
    ready: async () => true,
    notReady: script.notReady ?? (async () => null),
  };
  const app = createServer({ payonce, access: OPEN_ACCESS, logger, ...options });
  onTestFinished(async () => {
    await app.close();
    expectNoSecrets(lines);
  });
  const inject = (request: InjectOptions) => app.inject(request);
  const json =
    (url: string) =>
    (payload: unknown, headers: Record<string, string> = {}) =>
      inject({
        method: 'POST',
        url,
        headers: { 'content-type': 'application/json', ...headers },
        payload: typeof payload === 'string' || Buffer.isBuffer(payload) ? payload : JSON.stringify(payload),
      });
  const listen = async () => {
    await app.listen({ port: 0, host: '127.0.0.1' });
    const address = app.server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  };
  return {
    app,
    charges,
    refunds,
    operated,
    events,
    lines,
    exclusives,
    inject,
    post: json('/v1/payments'),
    giveBack: json(`/v1/payments/${PAYMENT_ID}/refunds`),
    start: json('/payments/start/'),
    listen,
  };
}

function expectNoSecrets(lines: readonly unknown[]): void {
  const text = JSON.stringify(lines);
  expect(text.toLowerCase()).not.toContain(SECRET);
  expect(text).not.toContain(CARD);
}

/** Asserts a whole problem document and its headers. */
export function expectProblem(response: LightMyRequestResponse, status: number, code: string): void {
  expect(response.statusCode).toBe(status);
  expect(response.headers['content-type']).toMatch(/^application\/problem\+json\b/);
  expect(response.headers['cache-control']).toBe('no-store');
  const document = response.json();
  expect(document).toMatchObject({ type: `/problems/${code}`, status, code });
  expect(document.title).toEqual(expect.any(String));
  expect(document.detail).toEqual(expect.any(String));
  if (status === 503) expect(Number(response.headers['retry-after'])).toBeGreaterThanOrEqual(1);
}

/** What came back on a raw socket. */
export interface RawAnswer {
  readonly text: string;
  readonly status: number;
  readonly headers: string;
  readonly body: string;
}

/** Writes bytes to a port and reads until the server closes. `play` may write on, and sees the socket. */
export function talk(
  port: number,
  first: string | Buffer,
  play?: (socket: Socket) => void,
): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect(port, '127.0.0.1', () => {
      socket.write(first);
      play?.(socket);
    });
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ECONNRESET' && error.code !== 'EPIPE') reject(error);
    });
    socket.on('close', () => resolve(split(Buffer.concat(chunks).toString('utf8'))));
  });
}

function split(text: string): RawAnswer {
  const end = text.indexOf('\r\n\r\n');
  const status = Number(/^HTTP\/1\.1 ([0-9]{3})/.exec(text)?.[1] ?? 0);
  return { text, status, headers: text.slice(0, end).toLowerCase(), body: text.slice(end + 4) };
}

/** A request as bytes; its connection ends with it. */
export function rawPost(path: string, content: string | Buffer, headers: readonly string[] = []): Buffer {
  const bytes = Buffer.from(content);
  const head = [
    `POST ${path} HTTP/1.1`,
    'Host: localhost',
    'Content-Type: application/json',
    `Content-Length: ${bytes.length}`,
    'Connection: close',
    ...headers,
    '',
    '',
  ];
  return Buffer.concat([Buffer.from(head.join('\r\n'), 'latin1'), bytes]);
}
