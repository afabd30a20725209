/**
 * What must be right before anything is taken up. A database holds either real payments or test payments. Otherwise
 * a COMPLETED test payment would look like money, and its order would never be charged.
 */
import { contractProblems, policyProblems } from '../domain/contract-check.ts';
import type { Policy } from '../domain/policy.ts';
import type { Gateway } from '../ports/gateway.ts';
import { StoreError } from '../ports/store.ts';
import { type Engine, livemodeOf } from './context.ts';
import { declaredBy } from './declared.ts';
import { checkAddress } from './gateway-address.ts';
import { OTHER_INSTALLATION } from './names.ts';
import { findMisnamed } from './watch-names.ts';

/**
 * Throws an error that says what to do if the adapter contradicts itself, or if its contract is unsafe, by itself or with this policy. `policy`: with
 * the adapter's contract.
 */
export function checkContract(gateway: Gateway, policy: Policy): void {
  const declared = declaredBy({ ...gateway, contract: policy.contract });
  const problems = [...contractProblems(declared), ...policyProblems(declared, policy)];
  if (problems.length === 0) return;
  const list = problems.map(({ field, detail }) => `${field} ${detail}.`).join('\n');
  throw new Error(
    `The adapter of the gateway "${gateway.name}" cannot be used as it is. Nothing was started, nothing was sent.\n${list}`,
  );
}

/** Throws an error that says what to do if some of the gateways move real money and others do not. */
export function checkModes(placed: readonly { readonly gateway: Gateway }[]): void {
  const [first] = placed;
  const other = placed.find(({ gateway }) => first && livemodeOf(gateway) !== livemodeOf(first.gateway));
  if (first === undefined || other === undefined) return;
  const [real, test] = livemodeOf(other.gateway) ? [other, first] : [first, other];
  throw new Error(
    `The gateway "${real.gateway.name}" moves real money, and the gateway "${test.gateway.name}" does not. Nothing was started, nothing was ` +
      'sent. A database holds payments of one mode: run the tests with a server and a database of their own.',
  );
}

/**
 * Rejects with an error that says what to do if the engine must not start at this gateway. `isChangeAccepted`: another address of it is right,
 * whatever is open there.
 */
export async function checkStart(engine: Engine, isChangeAccepted = false): Promise<void> {
  checkRestoredAt(engine);
  await checkNames(engine);
  await claimMode(engine);
  await checkAddress(engine, isChangeAccepted);
  tellOldRestore(engine);
}

/** The clocks of two machines may differ, but not by this much. */
const AHEAD_MS = 3_600_000;

/** No database that this program has written was restored before. Seconds instead of milliseconds give a time in 1970. */
const EARLIEST_RESTORE_MS = Date.UTC(2020, 0);

/**
 * No order could be charged before the time of the restore, so a time in the future would stop all of them. One that is long past would
 * protect none.
 */
function checkRestoredAt({ policy, databaseClock }: Engine): void {
  const { restoredAtMs } = policy;
  if (restoredAtMs === null) return;
  const flaw =
    restoredAtMs < EARLIEST_RESTORE_MS
      ? 'too long ago: this program did not exist then. restoredAtMs is in milliseconds since 1970, not in seconds'
      : restoredAtMs > databaseClock.nowMs() + AHEAD_MS
        ? "in the future by the database's clock"
        : null;
  if (flaw === null) return;
  throw new Error(
    `The time of the restore, ${new Date(restoredAtMs).toISOString()}, is ${flaw}. Nothing was started, nothing was sent. Set RESTORED_AT ` +
      '(restoredAtMs in the library) to the time at which the restore ended: SELECT now().',
  );
}

/** Rejects if the stored gateway keys are not those that this installation derives. */
async function checkNames(engine: Engine): Promise<void> {
  const wrong = await findMisnamed(engine);
  if (wrong === undefined) return;
  throw new Error(
    `${OTHER_INSTALLATION} The first of them is payment ${wrong.paymentId}. Nothing was started.`,
  );
}

async function claimMode({ store, gateway, livemode, ownMode }: Engine): Promise<void> {
  const mode = await store.claimMode(livemode);
  if (mode.livemode !== livemode)
    throw new Error(livemode ? holdsTests(gateway.name) : holdsMoney(gateway.name));
  if (mode.final) ownMode.settled();
}

function holdsTests(gateway: string): string {
  return (
    `This database holds test payments, and the gateway "${gateway}" moves real money. Nothing was started, nothing was sent. ` +
    'A test payment is not money: an order that is COMPLETED here would never be charged. Use another database for real payments.\n' +
    "If real payments are among them (made by an earlier release, which did not check this): handle the orders of gateway 'fake' in " +
    'payonce.payments by hand, run UPDATE payonce.installation SET livemode = true, and start again.'
  );
}

function holdsMoney(gateway: string): string {
  return (
    `This database holds real payments, and the gateway "${gateway}" moves no real money. Nothing was started, nothing was sent. ` +
    'It would report orders as paid that nobody paid. Use another database for tests, or name the real gateway.\n' +
    'If the payments in this database were never real (a sandbox, used with an earlier release, which did not check this): run UPDATE ' +
    'payonce.installation SET livemode = false, and start again.'
  );
}

/**
 * Raises an alarm for each gateway where payments are open and this process does not work. `here`: the names of those where it does. Open payments
 * elsewhere do not prevent the start, so failing to count them does not either.
 */
export async function tellOpenElsewhere(
  { store, gateway, log }: Engine,
  here: Pick<ReadonlySet<string>, 'has'>,
): Promise<void> {
  const open = await store.openElsewhere(gateway.name).catch((error: unknown) => {
    if (!(error instanceof StoreError)) throw error;
    log.warn({ err: error }, 'the store could not say whether payments of another gateway are still open');
    return [];
  });
  for (const { gateway: other, count } of open) {
    if (here.has(other)) continue;
    log.error(
      { alarm: 'payments_elsewhere', gateway: other, count },
      'payments of another gateway are still open, and this process does not look them up: start an instance with the settings of that ' +
        'gateway, and keep it until they are settled',
    );
  }
}

/** After this time no old charge is still open, and no gateway still keeps an old key. */
const RESTORE_MATTERS_MS = 30 * 86_400_000;

function tellOldRestore({ policy: { restoredAtMs }, clock, log }: Engine): void {
  if (restoredAtMs === null || clock.wallMs() - restoredAtMs <= RESTORE_MATTERS_MS) return;
  log.warn(
    { restored_at: new Date(restoredAtMs).toISOString() },
    'the time of the restore (RESTORED_AT, or restoredAtMs in milliseconds) is more than 30 days ago; only payments from before it are still ' +
      'looked up first because of it, and no new one. If there was no restore since, and no old payment is still open, unset it. If there ' +
      'was one, set it to the new time',
  );
}
