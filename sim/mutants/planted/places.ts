/** Bugs in places at the gateway: claims without one, places that are lost, orders that never get one, and what this machine is short of. */
import type { PlantedBug } from '../bug.ts';

const PLACES = 'src/engine/places.test.ts';
const SHORTAGE = 'src/engine/shortage.test.ts';

export const PLACES_AT_THE_GATEWAY: readonly PlantedBug[] = [
  {
    name: 'an order is claimed before there is a place for its call',
    story:
      'A server dies while hundreds of orders wait for a slow gateway, and all of them are in doubt although none was sent.',
    file: 'src/engine/intent.ts',
    find: "if (place === null) return { start: { kind: 'waiting', waitMs: 0 }, place };",
    put: "if (place === null) return { start: { kind: 'claimed', leaseMs: policy.leaseMs }, place };",
    judge: 'engine suite',
    tests: { file: PLACES, named: 'two hundred orders' },
  },
  {
    name: 'a place is lost with the claim that it was for',
    story: 'After a day of deployments no place at the gateway is left, and no order is called any more.',
    file: 'src/engine/drive.ts',
    find: '    place?.free();\n    running -= 1;\n',
    put: '    running -= 1;\n',
    judge: 'simulation',
  },
  {
    name: 'a place is lost to an order that was there already',
    story: 'A client that sends its orders twice uses up all places, and no order is called any more.',
    file: 'src/engine/intent.ts',
    find: '    unused?.free();\n',
    put: '',
    judge: 'engine suite',
    tests: { file: PLACES, named: 'after an order that was there already' },
  },
  {
    name: 'orders that wait here for a place keep out those that have waited longer',
    story: 'While more orders come than can be called, the orders of a dead server are never called.',
    file: 'src/engine/recover.ts',
    find: 'return first === null ? true : { dueBeforeMs: first.dueAtMs };',
    put: 'return first === null;',
    judge: 'engine suite',
    tests: { file: PLACES, named: 'gets its turn' },
  },
  {
    name: 'the sweep reads what only waits for a place',
    story:
      'Twelve thousand waiting orders are read twice a second, and the database has no time for the rest.',
    file: 'src/engine/recover.ts',
    find: 'return first === null ? true : { dueBeforeMs: first.dueAtMs };',
    put: 'return first?.dueAtMs !== 0;',
    judge: 'engine suite',
    tests: { file: PLACES, named: 'are not read by the sweep' },
  },
  {
    name: 'the sweep reads past what waits to be called',
    story: 'After an outage of an hour, each search for due lookups reads a million rows.',
    file: 'src/postgres/due.ts',
    find: 'AND timer_at <= now() AND NOT waits_to_call',
    put: "AND timer_at <= now() AND (step <> 'call' OR evidence > 0)",
    judge: 'store suite',
    tests: { file: 'test/postgres/due.test.ts', named: 'without reading past' },
  },
  {
    name: 'lookups of one claim wait for those of another',
    story:
      'After a restore, workers use up all places for lookups and wait for each other until their leases end.',
    file: 'src/engine/exchange.ts',
    find: '(await (own ?? gate.lookupSlots).takeWithin(',
    put: '(await gate.lookupSlots.takeWithin(',
    judge: 'engine suite',
    tests: { file: 'src/engine/exchange.test.ts', named: 'one at a time if there is no other' },
  },
  {
    name: 'an order that another server has settled is answered from memory',
    story: 'The customer is asked to wait for an order that was paid seconds ago.',
    file: 'src/engine/charging/waiting.ts',
    find: 'known === undefined || mayBeTaken(charging, known) ?',
    put: 'known === undefined ?',
    judge: 'engine suite',
    tests: { file: PLACES, named: 'if another process has called and settled it' },
  },
  {
    name: 'a shortage of this machine counts as a refusal of the gateway',
    story: 'A server has run out of file descriptors, its customers’ orders fail, and the gateway is blamed.',
    file: 'src/gateways/http/exchange.ts',
    find: "{ kind: 'short', reason: short }",
    put: "{ kind: 'not_sent', reason: short }",
    judge: 'gateway suite',
    tests: { file: 'src/gateways/http/shortage.test.ts', named: 'EMFILE makes the call' },
  },
  {
    name: 'one address that this machine cannot use hides that the gateway refuses the others',
    story: 'The gateway is down, but a person looks for a problem of the server instead.',
    file: 'src/gateways/http/shortage.ts',
    find: 'reasons.includes(null) ? null :',
    put: 'reasons.every((one) => one === null) ? null :',
    judge: 'gateway suite',
    tests: { file: 'src/gateways/http/shortage.test.ts', named: 'several addresses' },
  },
  {
    name: 'a shortage of this machine raises an alarm for every order',
    story: 'Ten thousand alarms a minute hide the one line that says what to do.',
    file: 'src/engine/shortage.ts',
    find: '      if (!isNews) return;\n',
    put: '',
    judge: 'engine suite',
    tests: { file: SHORTAGE, named: 'raises one alarm' },
  },
  {
    name: 'calls that this machine cannot send are tried as often as before',
    story: 'A server without a free file descriptor writes two events a second for each order that waits.',
    file: 'src/engine/shortage.ts',
    find: '      slots.shrink();\n',
    put: '',
    judge: 'engine suite',
    tests: { file: SHORTAGE, named: 'slows down' },
  },
];
