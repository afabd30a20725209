/** A gateway of two steps inside the test: it makes objects, confirms them, and cancels them. It keeps its first answer under every key. */
import type { GatewayContract } from '../../src/domain/contract.ts';
import type {
  CallOutcome,
  ChargeRequest,
  LookupOutcome,
  NotSent,
  PrepareOutcome,
  PrepareRequest,
  SealRequest,
} from '../../src/domain/outcomes.ts';
import type { CallOptions, CaptureEffect, ExchangeOptions, Gateway } from '../../src/ports/gateway.ts';
import { CONTRACT } from './contract.ts';

const TWO_STEPS: GatewayContract = { ...CONTRACT, steps: 'two' };

/** What a request is confirmed on. `acting`: the customer must do something first. `held`: authorised. `captured`: all of it was captured since. */
export interface MadeObject {
  readonly key: string;
  readonly prepareKey: string;
  state: 'open' | 'acting' | 'paid' | 'held' | 'captured' | 'sealed';
  /** What a confirm holds, instead of taking it. Absent: it takes it. */
  readonly heldMinor?: number;
  /** Why the last confirm was declined. */
  code?: string;
}

/** How one exchange ends: `act` does what the gateway does, and returns its answer. */
type Play<Request, Answer, Options = ExchangeOptions> = (exchange: {
  readonly request: Request;
  readonly options: Options;
  /** 1 for the first exchange of its kind. */
  readonly nth: number;
  act(): Answer;
}) => Promise<Answer | NotSent> | Answer | NotSent;

type Confirmed = ChargeRequest & { readonly handle: string };

export interface TwoStepGateway extends Gateway {
  onPrepare: Play<PrepareRequest, PrepareOutcome, CallOptions>;
  onConfirm: Play<Confirmed, CallOutcome, CallOptions>;
  onRead: Play<ChargeRequest, LookupOutcome>;
  onSeal: Play<SealRequest, undefined>;
  /** A capture or a void. */
  onEnd: (exchange: { act(): CallOutcome }) => CallOutcome;
  /** What the gateway itself does with a confirm. Default: it approves. */
  card: 'approve' | 'decline' | 'act' | 'break';
  /** By handle. */
  readonly objects: Map<string, MadeObject>;
  /** Every exchange in order, such as `confirm pi_1`. */
  readonly said: string[];
  readonly confirms: Confirmed[];
  readonly seals: SealRequest[];
  readonly prepares: PrepareRequest[];
  /** The customer does what was asked of them. */
  act(handle: string): void;
  /** How many objects took money. */
  paid(): number;
}

export const ACTION = { type: 'redirect_to_url', url: 'https://bank.example/3ds' } as const;
export const LOST: CallOutcome = { kind: 'unknown', answered: false, reason: 'connection_lost' };

export function createTwoStepGateway(contract: Partial<GatewayContract> = {}): TwoStepGateway {
  const objects = new Map<string, MadeObject>();
  const kept = new Map<string, unknown>();
  const said: string[] = [];
  const honest = <Answer>({ act }: { act(): Answer }): Answer => act();
  const counts = new Map<string, number>();

  function next(kind: string): number {
    const nth = (counts.get(kind) ?? 0) + 1;
    counts.set(kind, nth);
    return nth;
  }

  /** The first answer under a key is its only one. */
  function once<Answer>(key: string, make: () => Answer): Answer {
    if (!kept.has(key)) kept.set(key, make());
    return kept.get(key) as Answer;
  }

  function make({ key, prepareKey, captureMethod, amountMinor }: PrepareRequest): PrepareOutcome {
    const handle = `pi_${objects.size + 1}`;
    objects.set(handle, {
      key,
      prepareKey,
      state: 'open',
      ...(captureMethod === 'manual' ? { heldMinor: amountMinor } : {}),
    });
    return { kind: 'prepared', handle };
  }

  function confirm(handle: string): CallOutcome {
    const object = objects.get(handle);
    if (object === undefined || object.state === 'sealed' || gateway.card === 'break')
      return { kind: 'unknown', answered: true, reason: 'http_500' };
    switch (gateway.card) {
      case 'approve':
        object.state = object.heldMinor === undefined ? 'paid' : 'held';
        return { kind: 'approved', ref: handle };
      case 'decline':
        object.code = 'no_funds';
        return { kind: 'declined', code: 'no_funds', ref: handle };
      case 'act':
        object.state = 'acting';
        return { kind: 'requires_action', ref: handle, action: ACTION };
    }
  }

  function read(handle: string | undefined, key: string): LookupOutcome {
    const found = handle ?? [...objects].find(([, object]) => object.key === key)?.[0];
    const object = found === undefined ? undefined : objects.get(found);
    if (found === undefined || object === undefined) return { kind: 'absent' };
    switch (object.state) {
      case 'open':
        return { kind: 'open', ref: found, ...(object.code === undefined ? {} : { code: object.code }) };
      case 'acting':
        return { kind: 'requires_action', ref: found, action: ACTION };
      case 'paid':
      case 'held':
        return { kind: 'succeeded', ref: found };
      case 'captured':
        return { kind: 'captured', ref: found, amountMinor: object.heldMinor ?? 0 };
      case 'sealed':
        return { kind: 'sealed', ref: found };
    }
  }

  function seal(handle: string): undefined {
    const object = objects.get(handle);
    if (object !== undefined && object.state !== 'paid' && object.state !== 'captured')
      object.state = 'sealed';
  }

  /** A capture or a void ends what is held, and the object shows it. */
  function ending(to: 'captured' | 'sealed'): CaptureEffect {
    return {
      async call({ key, chargeRef: ref }) {
        const act = (): CallOutcome => {
          const object = objects.get(ref);
          if (object?.state !== 'held')
            return { kind: 'unknown', answered: true, reason: 'unexpected_state' };
          object.state = to;
          return { kind: 'approved', ref };
        };
        said.push(`${to} ${ref}`);
        return gateway.onEnd({ act: () => once(key, act) });
      },
      async lookup({ chargeRef: ref }) {
        const isDone = objects.get(ref)?.state === to;
        return isDone ? { kind: 'succeeded', ref } : { kind: 'absent' };
      },
    };
  }

  const gateway: TwoStepGateway = {
    name: 'two-steps',
    contract: { ...TWO_STEPS, ...contract },
    onPrepare: honest,
    onConfirm: honest,
    onRead: honest,
    onSeal: honest,
    onEnd: honest,
    card: 'approve',
    objects,
    said,
    confirms: [],
    seals: [],
    prepares: [],
    act(handle) {
      const object = objects.get(handle);
      if (object?.state === 'acting') object.state = 'paid';
    },
    paid: () => [...objects.values()].filter(({ state }) => state === 'paid').length,
    async call(request, options) {
      const confirmed = request as Confirmed;
      said.push(`confirm ${confirmed.handle}`);
      gateway.confirms.push(confirmed);
      const act = () => once(request.key, () => confirm(confirmed.handle));
      return gateway.onConfirm({ request: confirmed, options, nth: next('confirm'), act });
    },
    async lookup(request, options) {
      said.push(`read ${request.handle ?? 'by key'}`);
      const act = () => read(request.handle, request.key);
      return gateway.onRead({ request, options, nth: next('read'), act });
    },
    twoSteps: {
      async prepare(request, options) {
        said.push('prepare');
        gateway.prepares.push(request);
        const act = () => once(request.prepareKey, () => make(request));
        return gateway.onPrepare({ request, options, nth: next('prepare'), act });
      },
      async seal(request, options) {
        said.push(`seal ${request.handle}`);
        gateway.seals.push(request);
        const act = () => once(request.sealKey, () => seal(request.handle));
        return gateway.onSeal({ request, options, nth: next('seal'), act });
      },
    },
    captures: { capture: ending('captured'), void: ending('sealed') },
    close: async () => {},
  };
  return gateway;
}
