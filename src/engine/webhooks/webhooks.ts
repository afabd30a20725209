/**
 * Events of the gateway, from the first byte to the answer. Forged and foreign ones cost no query. For the others, memory and queries are bounded. An
 * event is taken only if nothing has to be noted, or if the note is durable.
 */
import type { WebhookReading } from '../../domain/gateway-note.ts';
import { orderReference } from '../../domain/ids.ts';
import type { WebhookAnswer, WebhookWanted } from '../api.ts';
import type { Engine } from '../context.ts';
import type { Driver } from '../drive.ts';
import { type Noted, type OwnNote, takeNote } from './note.ts';
import { createPace } from './pace.ts';
import { webhookProblem } from './problem.ts';
import { createTally } from './tally.ts';

export interface Webhooks {
  /** Rejects with `StoreError` if the store cannot be reached: then the gateway must send it again. */
  take(wanted: WebhookWanted): Promise<WebhookAnswer>;
  /** Logs what was counted. */
  close(): void;
}

/** Notes under way at once. Each is a few hundred bytes, and reads the store every 50 ms at most, for three seconds. */
const MAX_UNDER_WAY = 256;

/** An alarm for every order of another database would hide all other lines. */
const ALARM_EVERY_MS = 60_000;

const UNREADABLE = { kind: 'forged', reason: 'unreadable' } as const;
const TAKEN = { kind: 'taken' } as const;

export function createWebhooks(engine: Engine, driver: Driver): Webhooks {
  const { clock, log, gateway, installationId } = engine;
  const noting = { engine, driver, pace: createPace(clock) };
  const tally = createTally(clock, log, gateway.name);
  /** The same event several times at once is one. */
  const underWay = new Map<string, Promise<Noted>>();
  let alarmAtMs = Number.NEGATIVE_INFINITY;

  function read({ body, headers }: WebhookWanted): WebhookReading {
    try {
      return gateway.webhooks?.({ body, headers }, clock.wallMs()) ?? UNREADABLE;
    } catch {
      return UNREADABLE;
    }
  }

  function noteOnce(note: OwnNote): Promise<Noted> {
    const name = JSON.stringify(note);
    const running = underWay.get(name);
    if (running !== undefined) return running;
    if (underWay.size >= MAX_UNDER_WAY) return Promise.resolve('later');
    const noted = takeNote(noting, note).finally(() => underWay.delete(name));
    underWay.set(name, noted);
    return noted;
  }

  function alarm({ reference, kind }: OwnNote): void {
    if (clock.monotonicMs() < alarmAtMs) return;
    alarmAtMs = clock.monotonicMs() + ALARM_EVERY_MS;
    log.error(
      { alarm: 'event_without_payment', gateway: gateway.name, reference, about: kind },
      'the gateway reports something about an order of this installation, and the database has no payment of it at this gateway: look the reference up at the gateway',
    );
  }

  async function takeOwn(note: OwnNote): Promise<WebhookAnswer> {
    const noted = await noteOnce(note);
    tally.count(noted === 'elsewhere' ? 'foreign' : noted);
    if (noted === 'unknown') alarm(note);
    return noted === 'later' ? webhookProblem('webhook_not_noted') : TAKEN;
  }

  return {
    async take(wanted) {
      if (gateway.webhooks === undefined) return webhookProblem('not_found');
      const reading = read(wanted);
      if (reading.kind === 'forged') {
        tally.count(reading.reason);
        return webhookProblem('webhook_refused');
      }
      if (reading.kind === 'note') {
        const note = { ...reading.note, accountId: reading.note.accountId ?? wanted.accountId };
        if (orderReference(installationId, note.accountId, note.orderId) === note.reference)
          return takeOwn(note);
      }
      tally.count('foreign');
      return TAKEN;
    },
    close: tally.close,
  };
}
