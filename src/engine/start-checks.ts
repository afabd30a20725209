/** What must be right about the database before anything is sent. */
import type { Engine } from './context.ts';
import { misnamed, OTHER_INSTALLATION } from './names.ts';

/** Charges of each kind that are looked at; the others are looked at before their first call. */
const SOME = 10;

/** Rejects where the stored gateway keys are not those that this installation derives. */
export async function checkNames(engine: Engine): Promise<void> {
  const wrong = misnamed(engine, await engine.store.someCharges(SOME));
  if (wrong === undefined) return;
  throw new Error(
    `${OTHER_INSTALLATION} The first of them is payment ${wrong.paymentId}. Nothing was started.`,
  );
}
