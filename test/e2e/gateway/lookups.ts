import type { ServerResponse } from 'node:http';
import { type Charge, chargeJson, chargeMade, type Ledger } from './ledger.ts';
import { sendJson, sendReply } from './send.ts';
import type { Step } from './steps.ts';

/** How a lookup is answered. `twice`: as if the key had been charged two times. */
export type LookupMode =
  | 'truth'
  | 'empty'
  | 'down'
  | 'hang'
  | 'drop'
  | 'garbage'
  | 'no_data'
  | 'foreign'
  | 'twice'
  | 'unauthorized';

export interface LookupOptions {
  /** A charge is not shown before it is this old. */
  lagMs: number;
  mode: (key: string, nth: number) => LookupMode;
}

/** An entry about somebody else, as a gateway would list that ignores the filter. */
const FOREIGN = {
  id: 'ch_foreign',
  status: 'succeeded',
  amount: 1,
  currency: 'USD',
  reference: '00000000-0000-5000-8000-000000000000',
  idempotency_key: '00000000-0000-5000-8000-000000000001',
};

export function answerLookup(
  ledger: Ledger,
  options: LookupOptions,
  key: string,
  response: ServerResponse,
  outage: Step | null,
): void {
  const nth = ledger.lookups.filter((lookup) => lookup.key === key).length + 1;
  ledger.lookups.push({ atMs: Date.now(), key, nth });
  if (outage !== null) {
    sendReply(response, outage.reply, null, {});
    return;
  }
  const shown = ledger.byKey(key).filter(({ atMs }) => Date.now() - atMs >= options.lagMs);
  const data = shown.map(chargeJson);
  const mode = options.mode(key, nth);
  switch (mode) {
    case 'truth':
      sendJson(response, 200, { data });
      return;
    case 'empty':
      sendJson(response, 200, { data: [] });
      return;
    case 'no_data':
      sendJson(response, 200, {});
      return;
    case 'down':
      sendJson(response, 503, { error: 'down' });
      return;
    case 'unauthorized':
      sendJson(response, 401, { error: 'unauthorized' });
      return;
    case 'foreign':
      sendJson(response, 200, { data: [FOREIGN] });
      return;
    case 'twice':
      sendJson(response, 200, { data: [...data, ...data.map((one) => ({ ...one, id: `${one.id}b` }))] });
      return;
    default: {
      const [first] = shown;
      const made = first === undefined ? null : chargeMade(first);
      sendReply(response, { kind: mode }, made, { data: [] });
      return;
    }
  }
}

export function answerOne(charge: Charge | undefined, response: ServerResponse): void {
  if (charge === undefined) sendJson(response, 404, { error: 'not_found' });
  else sendJson(response, 200, chargeJson(charge));
}
