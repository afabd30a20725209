/** Plays a scenario's script: decides each fault by counting, and does each deed at its moment. */
import { chargeKey } from '../../src/domain/ids.ts';
import type { Store } from '../../src/ports/store.ts';
import type { CallFault, Faults } from '../plan/faults.ts';
import { CUSTOMER_FAILS, CUSTOMER_PAYS } from '../world/gateway-calls.ts';
import type { Host } from '../world/process.ts';
import type { PortUse, World, WorldOptions } from '../world/world.ts';
import type { Deed, Scenario } from './scenario.ts';

export interface Script extends Required<Pick<WorldOptions, 'faults' | 'killAt' | 'onKill'>> {
  /** The world that the script is played in. */
  attach(world: World): void;
  /** Every use of a port so far, as `p1 accept`. */
  readonly uses: readonly string[];
}

/** A deed at the n-th use of a port by any process, in addition to the scenario's own. */
export interface Intrusion {
  readonly index: number;
  readonly when: 'before' | 'after';
  readonly deed: Deed;
}

export function createScript(scenario: Scenario, intrusion?: Intrusion): Script {
  const uses: string[] = [];
  const counts = new Map<string, number>();
  let world: World | null = null;
  let current = '';
  let lookups = 0;
  let prepares = 0;
  let seals = 0;
  const refundKeys: string[] = [];
  const endKeys: string[] = [];
  let connects = 0;
  let afterUse: Deed[] = [];

  function attached(): World {
    if (world === null) throw new Error('The script has no world yet.');
    return world;
  }

  function hostOf(use: PortUse): Host {
    return attached().hostOf.get(use.process) as Host;
  }

  /** Of a refund, a capture or a void. */
  function followUpFault(key: string, call: number): CallFault {
    const isEnd = attached().judge.captures.rowOf(key) !== undefined;
    const [keys, faults] = isEnd ? [endKeys, scenario.endCalls] : [refundKeys, scenario.refundCalls];
    if (!keys.includes(key)) keys.push(key);
    return faults?.[keys.indexOf(key)]?.[call - 1] ?? 'none';
  }

  function deedsAt(use: PortUse, when: 'before' | 'after'): Deed[] {
    const { name } = hostOf(use);
    const nth = counts.get(`${name} ${use.name}`) ?? 0;
    const deeds = (scenario.moments ?? [])
      .filter((moment) => moment.on === name && moment.use === use.name && moment.when === when)
      .filter((moment) => (moment.nth ?? 1) === nth)
      .map(({ deed }) => deed);
    if (intrusion?.index === use.index && intrusion.when === when) deeds.push(intrusion.deed);
    return deeds;
  }

  return {
    uses,
    attach(played) {
      world = played;
    },
    killAt(use) {
      const host = hostOf(use);
      current = `${host.name} ${use.name}`;
      counts.set(current, (counts.get(current) ?? 0) + 1);
      uses.push(current);
      for (const deed of deedsAt(use, 'before')) deed(attached(), host);
      if (!use.process.life.alive) return 'before';
      afterUse = deedsAt(use, 'after');
      return afterUse.length > 0 ? 'after' : null;
    },
    onKill(played, process) {
      for (const deed of afterUse) deed(played, played.hostOf.get(process) as Host);
      afterUse = [];
    },
    faults: createFaults(),
  };

  function createFaults(): Faults {
    return {
      statement(method) {
        const [host = 'p1'] = current.split(' ') as ['p1' | 'p2'];
        const nth = counts.get(`${host} ${method}`) ?? 1;
        return scenario.store?.[host]?.[method as keyof Store]?.[nth - 1] ?? 'none';
      },
      call(request, call) {
        if ('chargeRef' in request) return followUpFault(request.key, call);
        const { key, reference } = request;
        const faults = (scenario.calls ?? []).find((_one, index) => chargeKey(reference, index + 1) === key);
        return faults?.[call - 1] ?? ('none' satisfies CallFault);
      },
      connectMs: () => scenario.connectsMs?.[connects++] ?? 0,
      lookup: () => scenario.lookups?.[lookups++] ?? 'none',
      prepare: () => scenario.prepares?.[prepares++] ?? 'none',
      seal: () => scenario.seals?.[seals++] ?? 'none',
      timerLateMs: () => 0,
      delayMs: (fromMs, toMs) => scenario.delays?.[toMs] ?? fromMs,
      chance(perMille) {
        if (perMille === REFUND_FAILS_LATER) return true;
        if (perMille === PENDING_DECLINES) return scenario.pendingEndsDeclined === true;
        if (perMille === CUSTOMER_PAYS)
          return scenario.customer !== 'fails' && scenario.customer !== 'nothing';
        if (perMille === CUSTOMER_FAILS) return scenario.customer === 'fails';
        return perMille === RACE_ENDS;
      },
    };
  }
}

/** Asked for when a refund has succeeded, if the script says so. */
export const REFUND_FAILS_LATER = 301;
/** The chances that are asked for by the gateway's wire, and by the store's where a statement has lost a race. */
const PENDING_DECLINES = 300;
const RACE_ENDS = 500;
