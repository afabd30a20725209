/** The two lanes side by side, for a terminal. */

const ROWS = [
  ['orders', 'orders'],
  ['requests from clients', 'requests'],
  ['calls to the gateway', 'calls'],
  ["charges in the gateway's ledger", 'charges'],
  ['orders reported paid', 'paid'],
  ['orders reported failed', 'failed'],
  ['orders charged twice or more', 'chargedTwice'],
  ['reported failed, but charged', 'failedButCharged'],
  ['reported paid, but not charged', 'paidButNotCharged'],
  ['orders whose answer changed', 'changed'],
  ['unsettled payments', 'unsettled'],
  ['lost orders', 'lost'],
];
const NAME_WIDTH = Math.max(...ROWS.map(([name]) => name.length));
const LANE_WIDTH = 13;

/** A number that a lane does not have is a dash. */
export function table({ payonce, plain }) {
  const line = (name, ...cells) =>
    `  ${name.padEnd(NAME_WIDTH)}${cells.map((cell) => String(cell ?? '–').padStart(LANE_WIDTH)).join('')}\n`;
  const rows = ROWS.map(([name, field]) => line(name, payonce[field], plain[field]));
  return `\n${line('', 'Payonce', 'plain retry')}${rows.join('')}\n`;
}
