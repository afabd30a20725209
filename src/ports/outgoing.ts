/** Events for merchants, as they are stored. Every method rejects with `StoreError`. */
import type { FollowUpKind } from '../domain/effects.ts';

/** Where events of an account go. */
export interface Endpoint {
  readonly accountId: string;
  readonly endpointId: string;
  readonly url: string;
  readonly description: string | null;
  /** Null: all. */
  readonly eventTypes: readonly string[] | null;
  readonly status: 'ENABLED' | 'DISABLED';
  /** Null: it is enabled. */
  readonly disabledReason: 'by_request' | 'gone' | null;
  /** Tries in a row that failed. */
  readonly failures: number;
  /** Until when it gets nothing because of them. */
  readonly blockedUntilMs: number | null;
  /** Until when a secret from before the last rotation signs, too. Null: there is none. */
  readonly previousUntilMs: number | null;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

/** An endpoint by its name. */
export interface EndpointKey {
  readonly accountId: string;
  readonly endpointId: string;
}

/** `secret`: encrypted. */
export interface NewEndpoint extends EndpointKey {
  readonly url: string;
  readonly description: string | null;
  readonly eventTypes: readonly string[] | null;
  readonly secret: string;
}

/** Undefined: stays as it is. */
export interface EndpointChange {
  readonly url?: string | undefined;
  readonly description?: string | undefined;
  readonly eventTypes?: readonly string[] | null | undefined;
  readonly enabled?: boolean | undefined;
}

/** One event for one endpoint. */
export interface Delivery {
  readonly eventId: string;
  readonly type: string;
  /** Null: a test. */
  readonly paymentId: string | null;
  readonly happenedAtMs: number;
  readonly status: 'PENDING' | 'DELIVERED' | 'DEAD';
  readonly attempts: number;
  /** When it is sent next. Null: not any more. */
  readonly dueAtMs: number | null;
  readonly endedAtMs: number | null;
  /** Its place in the list. */
  readonly ord: string;
}

/** One try. Without a result: it is under way, or its process died. */
export interface Attempt {
  readonly n: number;
  readonly atMs: number;
  readonly tookMs: number | null;
  readonly status: number | null;
  readonly answer: string | null;
  readonly error: string | null;
}

export interface DeliveryFilter {
  readonly status: Delivery['status'] | null;
  readonly limit: number;
  /** Older than this `ord`. Null: from the newest on. */
  readonly before: string | null;
}

/** What the API asks and writes. Null: there is no such endpoint of this account. */
export interface EndpointBooks {
  /** `exists`: the account has one with this URL. `too_many`: it has as many as it may. Nothing was written then. */
  create(endpoint: NewEndpoint, most: number): Promise<Endpoint | 'exists' | 'too_many'>;
  /** Newest first. */
  list(
    accountId: string,
    page: { readonly limit: number; readonly before: string | null },
  ): Promise<readonly Endpoint[]>;
  find(key: EndpointKey): Promise<Endpoint | null>;
  update(key: EndpointKey, change: EndpointChange): Promise<Endpoint | 'exists' | null>;
  /** What is not delivered yet becomes a dead letter. */
  remove(key: EndpointKey): Promise<true | null>;
  /** The secret of before signs, too, for so long. */
  rotate(key: EndpointKey, secret: string, overlapMs: number): Promise<Endpoint | null>;
  deliveries(key: EndpointKey, filter: DeliveryFilter): Promise<readonly Delivery[] | null>;
  /** With its tries, oldest first, the last 100. */
  delivery(
    key: EndpointKey,
    eventId: string,
  ): Promise<{ readonly delivery: Delivery; readonly attempts: readonly Attempt[] } | null>;
  /** Plans one event that is about nothing. */
  addTest(
    key: EndpointKey,
    event: { readonly eventId: string; readonly type: string },
  ): Promise<Delivery | null>;
  /** Sends one again, whatever became of it. */
  resend(key: EndpointKey, eventId: string): Promise<Delivery | null>;
  /** Sends what has ended again, oldest first, `limit` at most. How many. */
  resendSince(key: EndpointKey, sinceMs: number, limit: number): Promise<number | null>;
}

/** A delivery that this process may send now. */
export interface Claimed extends EndpointKey {
  readonly eventId: string;
  readonly type: string;
  readonly happenedAtMs: number;
  readonly paymentId: string | null;
  /** What the event is about, if it is not the payment itself. */
  readonly followUp: { readonly kind: FollowUpKind; readonly name: string } | null;
  readonly url: string;
  readonly secret: string;
  /** Those before it whose time is not over, the newest first. */
  readonly earlierSecrets: readonly string[];
  readonly claimId: string;
  /** Which try it is, of all. */
  readonly attempt: number;
  /** Which try it is since it was made or asked for again, and how long ago that was. */
  readonly tries: number;
  readonly ageMs: number;
  /** The endpoint's failures in a row until now. */
  readonly failures: number;
}

/** How many tries are under way in this process, by endpoint and by account. */
export interface UnderWay {
  readonly endpoints: ReadonlyMap<string, number>;
  readonly accounts: ReadonlyMap<string, number>;
}

export interface Claiming {
  /** Whether only endpoints that are sick are asked for, or only the others. */
  readonly sick: boolean;
  /** How many may be under way at one endpoint in this process. */
  readonly perEndpoint: number;
  /** Of what is claimed here: of sick endpoints, or of the others. */
  readonly underWay: UnderWay;
  /** The places that are free. One account gets at most half of those that the others leave. */
  readonly limit: number;
  readonly leaseMs: number;
  readonly claimId: string;
}

/** What became of one try. */
export interface Noted {
  readonly status: number | null;
  readonly answer: string | null;
  readonly error: string | null;
  readonly tookMs: number;
  readonly next: 'DELIVERED' | 'DEAD' | 'PENDING';
  /** With `PENDING`. */
  readonly waitMs: number;
  /** The endpoint's failures in a row now, and how long it gets nothing. */
  readonly failures: number;
  readonly pauseMs: number;
  /** The endpoint is disabled. */
  readonly gone: boolean;
}

/** What sends the events. */
export interface DeliveryQueue {
  /** Makes deliveries of what is new in the audit trails. `idle`: no endpoint is enabled. `more`: there may be more at once. */
  plan(): Promise<'idle' | 'done' | 'more'>;
  claim(wanted: Claiming): Promise<readonly Claimed[]>;
  /** Whether the endpoint has changed by it. */
  note(claimed: Claimed, noted: Noted): Promise<boolean>;
  /** Erases what ended long ago, gives up what sick endpoints have not taken in time, and mends what a jump of the clock has put far ahead. */
  tidy(): Promise<void>;
}
