/** Replicas that charge orders in virtual time, shared by the tests of `engine/charge.ts`. */
import type { CallOutcome } from '../../src/domain/outcomes.ts';
import type { Order } from '../../src/domain/payment.ts';
import type { ChargeAnswer, ChargeOptions } from '../../src/engine/api.ts';
import type { Gateway } from '../../src/ports/gateway.ts';
import type { Store } from '../../src/ports/store.ts';
import type { Play } from './scripted-gateway.ts';
import { order, type VirtualReplica, type VirtualSettings, type VirtualWorld } from './virtual-world.ts';

export interface ChargingReplica extends VirtualReplica {
  /** Charges the order `o1`, or the one that `changes` names, and lets time pass until it is answered. */
  charge(options: ChargeOptions, changes?: Partial<Order>): Promise<ChargeAnswer>;
  /** How often a method of the store was used. */
  uses(method: keyof Store): number;
}

export async function chargingReplica(
  world: VirtualWorld,
  gateway: Gateway,
  settings: VirtualSettings = {},
): Promise<ChargingReplica> {
  const replica = await world.replica(gateway, settings);
  return {
    ...replica,
    charge: (options, changes = {}) => world.ended(replica.engine.charge(order('o1', changes), options)),
    uses: (method) => replica.store.used.filter((use) => use.method === method).length,
  };
}

/** A call that is approved after `ms`. */
export function slowly({ clock }: VirtualWorld, ms: number): Play {
  return ({ charge }) => new Promise((resolve) => void clock.after(ms, () => resolve(charge())));
}

/** An answer that comes when the test says so, with the content that the test chooses. */
export interface Later<T> {
  readonly promise: Promise<T>;
  /** Resolves when everything that follows at once has happened. */
  come(value: T): Promise<void>;
}

export function later<T>(): Later<T> {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return {
    promise,
    come(value) {
      resolve(value);
      return noTimePasses();
    },
  };
}

/** Lets everything happen that needs no time. */
export async function noTimePasses(): Promise<void> {
  for (let turn = 0; turn < 1000; turn += 1) await null;
}

/** A call that ends when the test says so, with the outcome that the test chooses. Default: approved. */
export function openCall(): { readonly play: Play; end(outcome?: CallOutcome): Promise<void> } {
  const { promise, come } = later<CallOutcome | undefined>();
  return { play: async ({ charge }) => (await promise) ?? charge(), end: come };
}

/** A late outcome of the first charge of the order `o1`. Default: it was approved. */
export function lateEvidence(
  world: VirtualWorld,
  store: Store,
  outcome: CallOutcome = { kind: 'approved', ref: 'ch_late' },
): Promise<unknown> {
  const { paymentId } = world.stored('o1');
  const payment = { accountId: 'default', orderId: 'o1', paymentId };
  return world.ended(store.addEvidence({ payment, chargeN: 1, outcome }));
}
