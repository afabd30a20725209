/** What merchants do with their endpoints. HTTP asks this; it decides, and the books store. */

import type { RefusedFields } from '../domain/fields.ts';
import { uuidV7 } from '../domain/ids.ts';
import { TEST_TYPE } from '../domain/outgoing/event-types.ts';
import { type EndpointFields, readEndpoint } from '../domain/outgoing/fields.ts';
import type { ProblemCode } from '../domain/problems.ts';
import type { Clock } from '../ports/clock.ts';
import type { Delivery, Endpoint, EndpointBooks, EndpointKey } from '../ports/outgoing.ts';
import { type AddressRules, allowedAddresses, ForbiddenAddressError } from './addresses.ts';
import type { SecretBox } from './secrets.ts';

export type OutgoingProblem = Extract<
  ProblemCode,
  | 'webhooks_not_offered'
  | 'webhook_url_refused'
  | 'webhook_endpoint_exists'
  | 'webhook_endpoints_exhausted'
  | 'webhook_endpoint_not_found'
  | 'webhook_delivery_not_found'
>;

export interface ProblemAnswer {
  readonly kind: 'problem';
  readonly code: OutgoingProblem;
  readonly detail: string;
}

export type WithSecret =
  | { readonly kind: 'done'; readonly endpoint: Endpoint; readonly secret: string }
  | ProblemAnswer;
export type EndpointAnswer = { readonly kind: 'done'; readonly endpoint: Endpoint } | ProblemAnswer;
export type DeliveryAnswer = { readonly kind: 'done'; readonly delivery: Delivery } | ProblemAnswer;

/** Endpoints and their deliveries, for one account at a time. Rejects with `StoreError`. */
export interface Outgoing extends Pick<EndpointBooks, 'list' | 'find' | 'deliveries' | 'delivery'> {
  /** Reads a body as this service takes it. */
  read(
    fields: ReadonlyMap<string, unknown>,
    isNew: boolean,
  ): { readonly kind: 'endpoint'; readonly fields: EndpointFields } | RefusedFields;
  create(accountId: string, fields: EndpointFields): Promise<WithSecret>;
  update(key: EndpointKey, fields: EndpointFields): Promise<EndpointAnswer>;
  remove(key: EndpointKey): Promise<{ readonly kind: 'done' } | ProblemAnswer>;
  rotate(key: EndpointKey, overlapMs: number): Promise<WithSecret>;
  test(key: EndpointKey): Promise<DeliveryAnswer>;
  resend(key: EndpointKey, eventId: string): Promise<DeliveryAnswer>;
  /** `more`: there may be more of them. Ask again. */
  resendSince(
    key: EndpointKey,
    sinceMs: number,
  ): Promise<{ readonly kind: 'done'; readonly count: number; readonly more: boolean } | ProblemAnswer>;
}

export interface OutgoingOptions {
  readonly books: EndpointBooks;
  /** Null: there is no key to encrypt secrets with. */
  readonly box: SecretBox | null;
  readonly rules: AddressRules;
  readonly clock: Clock;
  /** 32 hexadecimal digits, and a new signing secret. */
  readonly random: { hex128(): string; secret(): string };
  /** Something may be due now. */
  readonly wake: () => void;
}

const MOST_ENDPOINTS = 50;
const MOST_RESENT = 10_000;

export function createOutgoing({ books, box, rules, clock, random, wake }: OutgoingOptions): Outgoing {
  const { list, find, deliveries, delivery } = books;
  const newId = (): string => uuidV7(clock.wallMs(), random.hex128());

  const woken = <T>(answer: T): T => {
    wake();
    return answer;
  };

  return {
    list,
    find,
    deliveries,
    delivery,
    read: (fields, isNew) => readEndpoint(fields, { isNew, anyScheme: rules.allowPrivate }),
    async create(accountId, { url = '', description = null, eventTypes = null }) {
      if (box === null) return NOT_OFFERED;
      const refused = await urlProblem(url, rules);
      if (refused !== null) return refused;
      const endpointId = newId();
      const secret = random.secret();
      const sealed = box.seal({ accountId, endpointId }, secret);
      const made = await books.create(
        { accountId, endpointId, url, description, eventTypes, secret: sealed },
        MOST_ENDPOINTS,
      );
      if (made === 'exists') return EXISTS;
      if (made === 'too_many') return TOO_MANY;
      return woken({ kind: 'done', endpoint: made, secret });
    },
    async update(key, fields) {
      const refused = fields.url === undefined ? null : await urlProblem(fields.url, rules);
      if (refused !== null) return refused;
      const endpoint = await books.update(key, fields);
      if (endpoint === 'exists') return EXISTS;
      return endpoint === null ? NO_ENDPOINT : woken({ kind: 'done', endpoint });
    },
    async remove(key) {
      return (await books.remove(key)) === null ? NO_ENDPOINT : { kind: 'done' };
    },
    async rotate(key, overlapMs) {
      if (box === null) return NOT_OFFERED;
      const secret = random.secret();
      const endpoint = await books.rotate(key, box.seal(key, secret), overlapMs);
      return endpoint === null ? NO_ENDPOINT : { kind: 'done', endpoint, secret };
    },
    async test(key) {
      const eventId = `evt_test_${random.hex128()}`;
      const added = await books.addTest(key, { eventId, type: TEST_TYPE });
      return added === null ? NO_ENDPOINT : woken({ kind: 'done', delivery: added });
    },
    async resend(key, eventId) {
      const asked = await books.resend(key, eventId);
      return asked === null ? NO_DELIVERY : woken({ kind: 'done', delivery: asked });
    },
    async resendSince(key, sinceMs) {
      const count = await books.resendSince(key, sinceMs, MOST_RESENT);
      return count === null ? NO_ENDPOINT : woken({ kind: 'done', count, more: count === MOST_RESENT });
    },
  };
}

/** Null: events may be sent there, as far as can be known now. It is checked again at each connection. */
async function urlProblem(url: string, rules: AddressRules): Promise<ProblemAnswer | null> {
  try {
    await allowedAddresses(new URL(url).hostname, rules);
    return null;
  } catch (error) {
    return error instanceof ForbiddenAddressError ? NOT_PUBLIC : NOT_FOUND;
  }
}

const NOT_OFFERED: ProblemAnswer = {
  kind: 'problem',
  code: 'webhooks_not_offered',
  detail:
    'This server has no key to encrypt signing secrets with. Nothing was stored. Whoever runs it makes one with "openssl rand -base64 32", sets it as WEBHOOK_ENCRYPTION_KEY, and starts the server again.',
};
const NOT_PUBLIC: ProblemAnswer = {
  kind: 'problem',
  code: 'webhook_url_refused',
  detail:
    'The host of the URL leads to an address that is not public. Nothing was stored. Use an address that everyone can reach. For development only, the server can be started with WEBHOOK_ALLOW_PRIVATE=yes.',
};
const NOT_FOUND: ProblemAnswer = {
  kind: 'problem',
  code: 'webhook_url_refused',
  detail:
    'The host of the URL could not be looked up. Nothing was stored. Check its name, and send the request again.',
};
const EXISTS: ProblemAnswer = {
  kind: 'problem',
  code: 'webhook_endpoint_exists',
  detail:
    'This account has an endpoint with this URL. Nothing was stored. GET /v1/webhook-endpoints lists it. Rotate its secret if you do not have it.',
};
const TOO_MANY: ProblemAnswer = {
  kind: 'problem',
  code: 'webhook_endpoints_exhausted',
  detail: `An account has ${MOST_ENDPOINTS} endpoints at most. Nothing was stored. Delete one, or change one.`,
};
export const NO_ENDPOINT: ProblemAnswer = {
  kind: 'problem',
  code: 'webhook_endpoint_not_found',
  detail: 'There is no endpoint with this id. Nothing was stored. GET /v1/webhook-endpoints lists them.',
};
export const NO_DELIVERY: ProblemAnswer = {
  kind: 'problem',
  code: 'webhook_delivery_not_found',
  detail:
    'This endpoint has no delivery of this event. Nothing was stored. GET /v1/webhook-endpoints/<id>/deliveries lists them.',
};
