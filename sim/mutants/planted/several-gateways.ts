/** Bugs in who is charged where. */
import type { PlantedBug } from '../bug.ts';

const SEVERAL = 'src/engine/several-gateways.test.ts';

export const SEVERAL_GATEWAYS: readonly PlantedBug[] = [
  {
    name: 'an account without a gateway is charged at the first one',
    story: 'A new merchant is made, nobody names a gateway for him, and his customers pay another merchant.',
    file: 'src/engine/charge.ts',
    find: '  if (charging.homes.of(order.accountId) !== charging.engine.gateway.name)\n',
    put: '  if (charging.homes.of(order.accountId) === null)\n',
    judge: 'engine suite',
    tests: { file: SEVERAL, named: 'without a gateway is charged nowhere' },
  },
  {
    name: 'an order moves to another gateway without proof that it was not charged',
    story: 'A timeout at the old gateway, a new gateway, and the customer is charged at both.',
    file: 'src/engine/charge.ts',
    find: 'const at = record && record.absences > 0 ? charging : home;',
    put: 'const at = home;',
    judge: 'engine suite',
    tests: { file: SEVERAL, named: 'failed without a decline stays' },
  },
  {
    name: 'a charge that another gateway was asked to open is begun at the account’s own',
    story: 'The database says who charges, and somebody else does: the order fails there, and is paid here.',
    file: 'src/engine/charging/reading.ts',
    find: 'const { engine, driver } = madeAt(charging, record);',
    put: 'const { engine, driver } = charging;',
    judge: 'engine suite',
    tests: { file: SEVERAL, named: 'was reported as lost, is begun there' },
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
