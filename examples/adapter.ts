/** A template for the adapter of a gateway that charges in one step. docs/gateways.md says what to fill in. */
import { request as open } from 'node:https';
import { type CallOptions, type Gateway, judgeCall, judgeLookup, type ReportedCharge } from 'payonce';

export function acmeGateway(host: string, token: string): Gateway {
  const ask = (method: string, path: string, options: CallOptions, key = '', body = '') => {
    const headers = { authorization: `Bearer ${token}`, 'idempotency-key': key };
    return exchange({ host, method, path, headers, agent: false }, body, options);
  };
  return {
    name: 'acme',
    livemode: false,
    // Only what the gateway's documentation promises.
    contract: {
      steps: 'one',
      keys: 'kept',
      keyWindowMs: 86_400_000,
      cachesErrors: false,
      lookup: true,
      lookupLagMs: 5_000,
      landsWithinMs: 180_000,
    },
    async call(request, options) {
      const { key, reference, amountMinor: amount, currency, method } = request;
      const body = JSON.stringify({ reference, amount, currency, method });
      const { status, text, reason, left } = await ask('POST', '/charges', options, key, body);
      if (!left) return { kind: 'refused', reason };
      const [charge] = status === 200 || status === 402 ? chargesIn(text) : [];
      if (charge !== undefined) return judgeCall(request, charge, false);
      // Each of these lines needs a promise of the gateway. What it does not promise is unknown.
      if (status === 401) return { kind: 'forbidden', reason: 'http_401' };
      if (status === 429) return { kind: 'refused', reason: 'rate_limited' };
      return { kind: 'unknown', answered: false, reason };
    },
    async lookup(request, { timeoutMs }) {
      const always = { timeoutMs, mayLeave: () => true };
      const { status, text, reason } = await ask('GET', `/charges?key=${request.key}`, always);
      // An empty list is proof, so no other answer may be taken for one.
      if (status !== 200 || !text.startsWith('[')) return { kind: 'unavailable', reason };
      return judgeLookup(request, chargesIn(text), false);
    },
    close: async () => {},
  };
}

/** Translate the gateway's fields and words here. If this throws, the engine takes it as no answer. */
function chargesIn(text: string): readonly ReportedCharge[] {
  return [JSON.parse(text)].flat() as readonly ReportedCharge[];
}

const MOST_CHARS = 65_536;

/** One request on a connection of its own. `left`: its first byte was written. Without a complete answer, `status` is 0. */
function exchange(target: object, body: string, { timeoutMs, mayLeave }: CallOptions) {
  return new Promise<{ status: number; text: string; reason: string; left: boolean }>((resolve) => {
    let left = false;
    let text = '';
    const end = (status: number, reason: string) => resolve({ status, text, reason, left });
    const request = open(target);
    const timer = setTimeout(() => request.destroy(), timeoutMs);
    request.once('socket', (socket) =>
      socket.once('secureConnect', () => {
        left = mayLeave();
        if (left) request.end(body);
        else request.destroy();
      }),
    );
    request.once('error', () => end(0, 'connection_failed'));
    request.once('close', () => [clearTimeout(timer), end(0, 'no_answer')]);
    request.once('response', (response) => {
      response.setEncoding('utf8').on('data', (part: string) => {
        text += part;
        if (text.length > MOST_CHARS) request.destroy();
      });
      response.once('end', () => end(response.statusCode ?? 0, `http_${response.statusCode}`));
    });
  });
}
