/** What a TypeScript program sees of the package: the declarations as they are built, under the strictest rules. */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const TSC = join(ROOT, 'node_modules/typescript/bin/tsc');
/** Two runs of the compiler, on a machine that has other things to do. */
const LIMIT_MS = 240_000;

const CONSUMER = `
import { createPayonce, PayonceInputError, StoreError, judgeCall, type CaptureResult, type ChargeResult, type Gateway, type Payonce, type RefundResult, type VoidResult } from 'payonce';
import pg from 'pg';

const gateway: Gateway = {
  name: 'mine',
  contract: { steps: 'one', keys: 'kept', keyWindowMs: 1, cachesErrors: false, lookup: true, lookupLagMs: 0, landsWithinMs: 0 },
  call: async (request, { timeoutMs, mayLeave }) => {
    if (!mayLeave()) return { kind: 'refused', reason: 'late' };
    const { key, reference, amountMinor, currency } = request;
    return judgeCall(request, { id: String(timeoutMs), status: 'succeeded', key, reference, amountMinor, currency });
  },
  lookup: async () => ({ kind: 'absent' }),
  close: async () => {},
};

export async function shop(): Promise<string> {
  const payonce: Payonce = await createPayonce({ pool: new pg.Pool(), gateway, policy: { maxAttempts: 3 } });
  await payonce.charge({ orderId: 'a', amountMinor: 1, currency: 'USD', method: undefined });
  const signal = AbortSignal.timeout(5);
  const result = await payonce.charge(
    { orderId: 'a', amountMinor: 1, currency: 'USD', method: 'tok', metadata: { a: 'b' }, accountId: 'c' },
    { idempotencyKey: 'k', keyScope: 's', waitMs: 0, signal },
  );
  const [newest] = await payonce.payments({ status: 'COMPLETED', limit: 1 });
  const events = newest === undefined ? null : await payonce.events(newest.paymentId, { after: 1 });
  const paymentId = newest?.paymentId ?? '';
  const left: number | undefined = newest === undefined ? undefined : newest.sums.capturedMinor - newest.sums.refundedMinor;
  await payonce.refund({ paymentId, refundId: 'r' });
  const refund = await payonce.refund(
    { paymentId, amountMinor: left, refundId: undefined, reason: 'r', metadata: { a: 'b' }, accountId: 'c' },
    { idempotencyKey: 'k', keyScope: 's', waitMs: 0, signal },
  );
  const page = await payonce.refunds(paymentId, { limit: 1 });
  const more = page?.next == null ? null : await payonce.refunds(paymentId, { before: page.next });
  const trail = await payonce.refundEvents(paymentId, 'r', { after: 1 });
  const found = await payonce.findRefund(paymentId, 'r', { accountId: 'c' });
  await payonce.charge({ orderId: 'b', amountMinor: 1, currency: 'USD', captureMethod: 'manual' });
  const capture = await payonce.capture({ paymentId, amountMinor: 1, metadata: { a: 'b' } }, { idempotencyKey: 'k' });
  const release = await payonce.void({ paymentId, accountId: 'c' }, { waitMs: 0 });
  const last = (await payonce.findCapture(paymentId)) ?? (await payonce.findVoid(paymentId));
  const lines = (await payonce.captureEvents(paymentId)) ?? (await payonce.voidEvents(paymentId, { after: 1 }));
  await payonce.stop(last?.attempts ?? lines?.length);
  await payonce.stop(events?.length ?? more?.refunds.length ?? trail?.length ?? found?.attempts ?? 0);
  return told(result) + toldOf(refund) + toldOfCapture(capture) + toldOfCapture(release);
}

function told(result: ChargeResult): string {
  switch (result.outcome) {
    case 'paid': {
      const status: 'COMPLETED' = result.payment.status;
      return status + result.payment.amountMinor.toFixed();
    }
    case 'authorized': {
      const status: 'AUTHORIZED' = result.payment.status;
      return status + (result.payment.captureMethod ?? '');
    }
    case 'released': {
      const status: 'VOIDED' = result.payment.status;
      return status;
    }
    case 'declined':
    case 'failed': {
      const safe: boolean = result.safeToRetryWithNewKey;
      const status: 'FAILED' = result.payment.status;
      return result.code + safe + status;
    }
    case 'pending':
      return result.reason === 'store_outcome_unknown' ? result.detail : result.payment.orderId;
    case 'review':
      return result.reason + result.payment.chargeN;
    case 'refused':
      return result.code + (result.payment?.status ?? '');
  }
}

function toldOf(result: RefundResult): string {
  switch (result.outcome) {
    case 'refunded': {
      const status: 'SUCCEEDED' = result.refund.status;
      return status + result.refund.amountMinor.toFixed();
    }
    case 'accepted': {
      const status: 'PENDING' = result.refund.status;
      return status + result.retryAfterMs.toFixed();
    }
    case 'declined':
    case 'failed': {
      const safe: boolean = result.safeToRetryWithNewKey;
      const status: 'FAILED' = result.refund.status;
      return result.code + safe + status;
    }
    case 'pending':
      return result.reason === 'store_outcome_unknown' ? result.detail : result.refund.refundId;
    case 'review':
      return result.reason + result.refund.orderId;
    case 'refused':
      return result.code + (result.refund?.status ?? '');
  }
}

function toldOfCapture(result: CaptureResult | VoidResult): string {
  switch (result.outcome) {
    case 'captured':
    case 'voided': {
      const status: 'SUCCEEDED' = result.operation.status;
      return status + result.operation.amountMinor.toFixed();
    }
    case 'declined':
    case 'failed': {
      const status: 'FAILED' = result.operation.status;
      return result.code + result.safeToRetryWithNewKey + status;
    }
    case 'pending':
      return result.reason === 'store_outcome_unknown' ? result.detail : result.operation.orderId;
    case 'review':
      return result.reason + result.operation.orderId;
    case 'refused':
      return result.code + (result.operation?.status ?? '');
  }
}

export const isOurs = (error: unknown): string =>
  error instanceof PayonceInputError ? error.errors.map(({ field }) => field).join() + error.code
  : error instanceof StoreError ? error.kind : '';
`;

/** Each must not compile; the complaint names this. */
const MISTAKES: readonly (readonly [string, string, string])[] = [
  ['an amount as text', `payonce.charge({ orderId: 'a', amountMinor: '1', currency: 'USD' })`, 'number'],
  ['no currency', `payonce.charge({ orderId: 'a', amountMinor: 1 })`, 'currency'],
  [
    'a misspelt field',
    `payonce.charge({ orderId: 'a', amountMinor: 1, currency: 'USD', amount: 1 })`,
    'amount',
  ],
  [
    'a payment that may be none',
    `payonce.charge({ orderId: 'a', amountMinor: 1, currency: 'USD' }).then((r) => r.payment.orderId)`,
    'null',
  ],
  ['a refund of no payment', `payonce.refund({ amountMinor: 1, refundId: 'r' })`, 'paymentId'],
  [
    'a refund that may be none',
    `payonce.refund({ paymentId: 'p', refundId: 'r' }).then((r) => r.refund.refundId)`,
    'null',
  ],
  ['a capture of no payment', `payonce.capture({ amountMinor: 1 })`, 'paymentId'],
  ['a void of an amount', `payonce.void({ paymentId: 'p', amountMinor: 1 })`, 'amountMinor'],
  ['an outcome that there is not', `payonce.charge(order).then((r) => r.outcome === 'settled')`, 'settled'],
];

describe('the declarations of the package', () => {
  let folder: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'payonce-types-'));
    const modules = join(folder, 'node_modules');
    mkdirSync(join(modules, '@types'), { recursive: true });
    const dist = join(modules, 'payonce/dist');
    await tsc(ROOT, [
      '-p',
      'tsconfig.json',
      '--outDir',
      dist,
      '--emitDeclarationOnly',
      '--incremental',
      'false',
      '--tsBuildInfoFile',
      'null',
      '--sourceMap',
      'false',
      '--noCheck',
    ]);
    writeFileSync(
      join(modules, 'payonce/package.json'),
      JSON.stringify({ name: 'payonce', type: 'module', exports: { '.': { types: './dist/index.d.ts' } } }),
    );
    for (const name of ['@types/pg', '@types/node', 'pg-types', 'pg-protocol', 'undici-types']) {
      symlinkSync(join(ROOT, 'node_modules', name), join(modules, name));
    }
  }, LIMIT_MS);

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test(
    'compile in a strict program that uses all of them',
    async () => {
      expect(await compile(CONSUMER)).toBe('');
    },
    LIMIT_MS,
  );

  test(
    'do not let through what would be refused or misread',
    async () => {
      const lines = MISTAKES.map(([, code]) => `void ${code};`);
      const output = await compile(
        [
          `import type { ChargeInput, Payonce } from 'payonce';`,
          'declare const payonce: Payonce; declare const order: ChargeInput;',
          ...lines,
        ].join('\n'),
      );
      const told = output.split('\n').filter((line) => line.includes('error TS'));
      for (const [index, [mistake, , name]] of MISTAKES.entries()) {
        const ours = told.filter((line) => line.startsWith(`program.ts(${index + 3},`));
        expect(ours, mistake).toEqual([expect.stringContaining(name)]);
      }
      expect(told).toHaveLength(MISTAKES.length);
    },
    LIMIT_MS,
  );

  function compile(program: string): Promise<string> {
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
    writeFileSync(join(folder, 'program.ts'), program);
    const options = ['--strict', '--exactOptionalPropertyTypes', '--noUncheckedIndexedAccess', '--noEmit'];
    const target = ['--module', 'nodenext', '--target', 'es2022', '--lib', 'es2023', '--types', 'node'];
    return tsc(folder, ['program.ts', ...options, ...target, '--pretty', 'false']);
  }
});

/** What the compiler has to say. */
async function tsc(cwd: string, args: readonly string[]): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [TSC, ...args], { cwd });
    return stdout;
  } catch (error) {
    return (error as { stdout: string }).stdout;
  }
}
