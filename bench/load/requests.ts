/** The requests of a benchmark as ready text: what is asked is decided before the clock runs. */

export interface OrderRequest {
  readonly orderId: string;
  /** Null: without an `Idempotency-Key`. */
  readonly key: string | null;
  /** The value of a `Prefer` header. Default: none. */
  readonly prefer?: string;
}

/** An ordinary token: the fake gateway's magic ones (`tok_visa` among them) would be spared its faults. */
export const METHOD = 'tok_bench';

export type RequestWriter = (order: OrderRequest) => string;

/** Writes requests for one server; `path` may hold `{order_id}`. `apiKey`: each request brings it. */
export function createRequestWriter(url: string, path: string, apiKey: string | null = null): RequestWriter {
  const { host } = new URL(url);
  const apiKeyLine = apiKey === null ? '' : `Authorization: Bearer ${apiKey}\r\n`;
  return ({ orderId, key, prefer }) => {
    const body = `{"order_id":"${orderId}","amount":10000,"currency":"USD","method":"${METHOD}"}`;
    const keyLine = key === null ? '' : `Idempotency-Key: ${key}\r\n`;
    const preferLine = prefer === undefined ? '' : `Prefer: ${prefer}\r\n`;
    return (
      `POST ${path.replace('{order_id}', orderId)} HTTP/1.1\r\nHost: ${host}\r\n` +
      `Content-Type: application/json\r\n${apiKeyLine}${keyLine}${preferLine}Content-Length: ${body.length}\r\n\r\n${body}`
    );
  };
}

/** The order of a request that was written here. */
export function orderIdOf(request: string): string {
  return /"order_id":"([^"]+)"/.exec(request)?.[1] ?? '';
}

/** The payment that an answer's body names; null where it names none. */
export function paymentIdOf(body: string): string | null {
  return /"payment_id":"([^"]+)"/.exec(body)?.[1] ?? null;
}

/** Answers that say that the order is paid: 201 to who started it, 200 to who found it. */
export const PAID: readonly number[] = [200, 201];

let drawn = 0;
let state = 0x9e3779b9;

/** Twelve hexadecimal digits that look random, so that keys spread over an index as those of real clients do. */
function scattered(): string {
  drawn += 1;
  state = Math.imul(state ^ (state >>> 15), 0x85ebca6b) + drawn;
  const high = (state >>> 0).toString(16).padStart(8, '0');
  return high + (drawn & 0xffff).toString(16).padStart(4, '0');
}

/** A key that nobody had before. */
export function freshKey(run: string): string {
  return `${run}-${scattered()}-${drawn.toString(36)}`;
}

/** New orders in the order of their numbers, as a shop makes them, each with a key of its own. */
export function createOrders(run: string): () => OrderRequest {
  let count = 0;
  return () => {
    count += 1;
    // In two groups: a long run of digits could pass for a card number.
    const orderId = `ord-${run}-${Math.floor(count / 1000)}-${count % 1000}`;
    return { orderId, key: freshKey(run) };
  };
}

let runs = 0;

/** A name for one run of requests, so that no order comes twice. */
export function newRun(): string {
  runs += 1;
  return `${runs.toString(36)}${Date.now().toString(36).slice(-5)}`;
}
