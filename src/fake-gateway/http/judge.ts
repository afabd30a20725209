/** `/_faults` and `/_ledger`: what goes wrong, and what was really charged. Only for callers on this machine. */
import type { FastifyInstance } from 'fastify';
import { ledgerBody } from '../bodies.ts';
import type { CurrentSettings } from '../faults/current.ts';
import { parseFaultSettings } from '../faults/settings.ts';
import type { Filter, Ledger } from '../ledger/port.ts';
import { checkQuery, cursorOf, parseFilter, parsePage, type Query } from '../paging.ts';
import { type BadRequest, isBad } from '../requests.ts';
import { answer, type Wire } from '../wire.ts';
import { parseJson, refusal } from './routes.ts';
import { type HeldSockets, send } from './send.ts';
import { keepToThisMachine } from './this-machine.ts';

export interface Judge {
  readonly ledger: Ledger;
  readonly current: CurrentSettings;
  /** The seed of the start, for settings that name none. */
  readonly seed: number;
  readonly now: () => number;
  /** Names of the server besides those of loopback. */
  readonly hosts: readonly string[];
  readonly held: HeldSockets;
  /** Another protocol on the same ledger. */
  readonly stripe: {
    /** Carries out what has landed by now. */
    landed(): Promise<void>;
    /** The charges and refunds that are still to land. */
    late(filter: Filter): Promise<{ readonly charge: number; readonly refund: number }>;
  };
}

/** How many duplicated references are listed. The summary has the number of all. */
const MAX_DUPLICATES = 1_000;

export function addJudgeRoutes(parent: FastifyInstance, judge: Judge): void {
  const { current, held } = judge;
  parent.register(async (app) => {
    keepToThisMachine(app, judge);
    const settings = async () => answer(200, JSON.stringify(await current.get()));

    app.get('/_faults', async (_request, reply) => {
      send(reply, await settings(), held);
      return reply;
    });
    app.put('/_faults', async (request, reply) => {
      const body = parseJson(request.body, null);
      const parsed = isBad(body)
        ? { ok: false as const, problems: [body.message] }
        : parseFaultSettings(body, judge.seed);
      if (parsed.ok) await current.set(parsed.settings);
      const refused = parsed.ok
        ? null
        : JSON.stringify({ error: 'faults_invalid', problems: parsed.problems });
      send(reply, refused === null ? await settings() : answer(400, refused), held);
      return reply;
    });
    app.delete('/_faults', async (_request, reply) => {
      await current.set(null);
      send(reply, await settings(), held);
      return reply;
    });
    app.get('/_ledger', async (request, reply) => {
      const wire = await readLedger(request.query as Query, judge);
      send(reply, isBad(wire) ? refusal(wire) : wire, held);
      return reply;
    });
  });
}

async function readLedger(query: Query, judge: Judge): Promise<Wire | BadRequest> {
  const { ledger, now, stripe } = judge;
  const checked = checkQuery(query, ['reference', 'order_id', 'limit', 'cursor']);
  if (isBad(checked)) return checked;
  const page = parsePage(checked);
  if (isBad(page)) return page;
  const restriction = parseFilter(checked);
  if (isBad(restriction)) return restriction;

  await stripe.landed();
  const nowMs = now();
  const filter: Filter = { nowMs, ...restriction };
  const charges = await ledger.list({ ...filter, ...page, view: 'real', limit: page.limit + 1 });
  const shown = charges.slice(0, page.limit);
  const next = charges.length > page.limit ? cursorOf(shown.at(-1)) : null;
  // The sums are of the whole ledger, so only the first page has them.
  const sums = page.after === undefined ? `${await readSums(judge, filter)},` : '';
  const data = shown.map((charge) => ledgerBody(charge, nowMs)).join(',');
  return answer(200, `{${sums}"data":[${data}],"next_cursor":${JSON.stringify(next)}}`);
}

async function readSums({ ledger, stripe }: Judge, filter: Filter): Promise<string> {
  const { statuses, money, duplicates, ...booked } = await ledger.summary(filter);
  const late = await stripe.late(filter);
  const landing = booked.landing + late.charge;
  const refunds = { ...booked.refunds, landing: booked.refunds.landing + late.refund };
  const charges = Object.values(statuses).reduce((total, count) => total + count, 0);
  const summary = { charges, live: statuses.succeeded, ...statuses, landing, duplicates, money, refunds };
  const listed = duplicates === 0 ? [] : await ledger.duplicates(filter, MAX_DUPLICATES);
  return `"summary":${JSON.stringify(summary)},"duplicates":${JSON.stringify(listed)}`;
}
