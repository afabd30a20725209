/** What must hold for every capture and void that is sent and booked: no two of a charge are ever under way. */
import type { BookedCapture } from '../../gateway/model.ts';
import type { Sending } from '../money.ts';
import { latestOf, refundsOf } from '../refunds/book.ts';
import type { CaptureJudgeParts } from './index.ts';

/** It holds whether or not the gateway protects itself: none is sent while an earlier one may still be made, or was made. */
export function judgeAlone(parts: CaptureJudgeParts, { sender, request }: Sending): void {
  const { endBook, book, captures, violated } = parts;
  const known = endBook.refunds.get(endBook.byKey.get(request.key) ?? '');
  if (known === undefined || book.amnesia) return;
  for (const { gatewayKey, operation, followUp } of refundsOf(endBook, latestOf(known).paymentId).map(
    latestOf,
  )) {
    const isExcused = book.blindSends.has(gatewayKey) || endBook.late.has(gatewayKey);
    if (gatewayKey === request.key || isExcused) continue;
    const isMade = captures.ledger.some((one) => one.key === gatewayKey && one.status === 'succeeded');
    if (isMade || captures.canStillLand(gatewayKey))
      violated(
        '3 one end',
        `${sender} sent one for ${request.orderId} although ${operation.kind} ${followUp.name} ${isMade ? 'was' : 'may still be'} made`,
      );
  }
}

export function judgeEndBooking(
  { book, captures, gateway, violated }: CaptureJudgeParts,
  capture: BookedCapture,
): void {
  if (capture.byPerson) return;
  const intended = book.intended.get(capture.key);
  if (intended === undefined) {
    violated('2 intent', `the gateway booked ${capture.id} for an unknown key`);
    return;
  }
  if (capture.status !== 'succeeded') return;
  const made = captures.ledger.filter(
    ({ chargeRef, status }) => chargeRef === capture.chargeRef && status === 'succeeded',
  );
  if (made.length > 1)
    violated('1 captured twice', `${intended.order}: ${made.map(({ id }) => id).join(', ')}`);
  const isWrong = capture.amountMinor !== intended.amountMinor || capture.currency !== intended.currency;
  if (isWrong && book.excused.get(capture.key) !== 'money')
    violated('1 captured twice', `${intended.order}: ${capture.id} has other terms than were asked for`);
  const charge = gateway.ledger.find(({ id }) => id === capture.chargeRef);
  if (capture.kind === 'capture' && capture.amountMinor > (charge?.amountMinor ?? 0))
    violated('1 captured twice', `${intended.order}: ${capture.id} took more than was authorised`);
}
