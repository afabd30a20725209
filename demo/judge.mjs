/** Holds every answer that any client got against what the gateway really charged. */

export async function judge({ answers, serverUrl, gatewayUrl, orders, requests }) {
  const ledger = await readAll(`${gatewayUrl}/_ledger?limit=500`);
  const payments = await readAll(`${serverUrl}/v1/payments?limit=100`);
  const live = new Map();
  for (const charge of ledger) {
    if (charge.live) live.set(charge.order_id, (live.get(charge.order_id) ?? 0) + 1);
  }
  const falseAnswers = answers.filter(({ order, status }) => {
    const charged = live.get(`DEMO-${order}`) ?? 0;
    return status === 200 || status === 201 ? charged !== 1 : charged !== 0;
  });
  const frozen = new Map();
  for (const { order, body } of answers) frozen.set(order, (frozen.get(order) ?? new Set()).add(body));
  return {
    orders,
    requests,
    calls: payments.reduce((sum, payment) => sum + payment.attempts, 0),
    charges: [...live.values()].reduce((sum, count) => sum + count, 0),
    completed: payments.filter((payment) => payment.status === 'COMPLETED').length,
    failed: payments.filter((payment) => payment.status === 'FAILED').length,
    duplicates: [...live.values()].filter((count) => count > 1).length,
    falseAnswers: falseAnswers.length + [...frozen.values()].filter((bodies) => bodies.size > 1).length,
    unsettled: payments.filter((payment) => !['COMPLETED', 'FAILED'].includes(payment.status)).length,
    lost: orders - payments.length,
  };
}

async function readAll(address) {
  const rows = [];
  let cursor = '';
  for (;;) {
    const page = await fetch(`${address}${cursor}`).then((response) => response.json());
    rows.push(...page.data);
    if (page.next_cursor === null || page.next_cursor === undefined) return rows;
    cursor = `&cursor=${encodeURIComponent(page.next_cursor)}`;
  }
}

export function table(report) {
  const lines = [
    ['orders', report.orders],
    ['requests sent by clients', report.requests],
    ['calls to the gateway', report.calls],
    ["charges in the gateway's ledger", report.charges],
    ['payments COMPLETED', report.completed],
    ['payments FAILED, proved uncharged', report.failed],
    ['orders charged twice', report.duplicates],
    ['false or changing answers', report.falseAnswers],
    ['unsettled payments', report.unsettled],
    ['lost orders', report.lost],
  ];
  const width = Math.max(...lines.map(([name]) => name.length));
  const rows = lines.map(([name, value]) => `  ${name.padEnd(width)}  ${String(value).padStart(7)}`);
  return `\n${rows.join('\n')}\n\n`;
}
