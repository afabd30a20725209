/** Bugs in who is charged where. */
import type { PlantedBug } from '../bug.ts';

const SEVERAL = 'src/engine/several-gateways.test.ts';

export const SEVERAL_GATEWAYS: readonly PlantedBug[] = [
  {
    name: 'an account without a gateway is charged at the first one',
    story: 'A new merchant is made, nobody names a gateway for him, and his customers pay another merchant.',
    file: 'src/engine/charge.ts',
    find: '  if (homes.of(order.accountId) !== gateway.name)\n',
    put: '  if ((homes.of(order.accountId) ?? gateway.name) !== gateway.name)\n',
    judge: 'engine suite',
    tests: { file: SEVERAL, named: 'without a gateway is charged nowhere' },
  },
  {
    name: 'an order moves to another gateway without proof that it was not charged',
    story: 'A timeout at the old gateway, a new gateway, and the customer is charged at both.',
    file: 'src/engine/charge.ts',
    find: 'return openNext(record && record.absences > 0 ? charging : home, request, record, verdict.chargeN);',
    put: 'return openNext(home, request, record, verdict.chargeN);',
    judge: 'engine suite',
    tests: { file: SEVERAL, named: 'failed without a decline stays' },
  },
  {
    name: 'test money and real money in one process',
    story: 'Orders of one merchant are reported as paid, and nobody has paid.',
    file: 'src/engine/engine.ts',
    find: '  checkModes(placed);\n',
    put: '',
    judge: 'engine suite',
    tests: { file: SEVERAL, named: 'real money and test money' },
  },
];
