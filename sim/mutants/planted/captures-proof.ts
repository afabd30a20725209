/** Bugs of captures and voids that the simulation must notice, wherever they show. */
import type { PlantedBug } from '../bug.ts';

const TRANSITION = 'src/domain/transition';
const LET_GO =
  "{ next: { ...operation, status: 'VOIDED', step: 'none' }, event: { type: 'payment.voided', detail: AUTHORIZATION_EXPIRED }, waitMs: null, capturedMinor: 0 }";

export const CAPTURES_PROOF: readonly PlantedBug[] = [
  {
    name: 'a void joins the capture that is open',
    story: 'The merchant is told that the money is free, and the customer is charged.',
    file: 'src/domain/follow-up-acceptance.ts',
    find: 'const isSame = !followUp.isOther && followUp.askedMinor === asked.amountMinor;',
    put: 'const isSame = followUp.askedMinor === asked.amountMinor;',
    judge: 'simulation',
  },
  {
    name: 'a capture of a part joins the capture of another part',
    story: 'The merchant is told that 7.00 were captured, and it were 4.00.',
    file: 'src/domain/follow-up-acceptance.ts',
    find: 'const isSame = !followUp.isOther && followUp.askedMinor === asked.amountMinor;',
    put: 'const isSame = !followUp.isOther;',
    judge: 'simulation',
  },
  {
    name: 'each try to open a capture gives it a key of its own',
    story: 'The gateway cannot tell a repetition from a new request.',
    file: 'src/engine/capturing/at-gateway.ts',
    find: '    key: gatewayKey,\n',
    put: '    key: followUp.id,\n',
    judge: 'simulation',
  },
  {
    name: 'our own clock says that an authorisation is over',
    story:
      'The gateway cannot be asked, and a capture of which nobody knows the outcome has taken the money: the payment is VOIDED, and paid.',
    file: `${TRANSITION}/claim.ts`,
    find: "    : { ...unaskedAuthorized(operation, context), action: 'none' };",
    put: "    : { next: { ...operation, status: 'VOIDED', step: 'none' }, event: { type: 'payment.voided', detail }, waitMs: null, capturedMinor: 0, action: 'none' };",
    judge: 'simulation',
  },
  {
    name: 'a look that gives no answer ends an authorisation',
    story:
      'The gateway is down for a minute, the payment is VOIDED, and the goods are never sent: the money is held.',
    file: `${TRANSITION}/authorized.ts`,
    find: "  switch (outcome.kind) {\n    case 'succeeded':\n      return stillAuthorized",
    put: `  if (outcome.kind === 'unavailable') return ${LET_GO};\n  switch (outcome.kind) {\n    case 'succeeded':\n      return stillAuthorized`,
    judge: 'simulation',
  },
  {
    name: 'a look ends the payment while its capture is open',
    story:
      'The look sees what our own capture did, and takes it for somebody else’s: an alarm for nothing, and the capture can no longer end.',
    file: 'src/engine/capturing/own-look.ts',
    find: 'const isFree = (sums?.exclusive?.id ?? null) === null;',
    put: 'const isFree = paymentId.length > 0;',
    judge: 'simulation',
  },
  {
    name: 'what was captured is what was asked for',
    story:
      'A person captured 4.00 at the gateway; Payonce, which was asked for 7.00, says that 7.00 were captured, and lets 7.00 be refunded.',
    file: 'src/domain/capture-outcomes.ts',
    find: "return kind === 'capture' && capturedMinor === request.amountMinor\n",
    put: "return kind === 'capture' && capturedMinor > 0\n",
    judge: 'simulation',
  },
  {
    name: 'a capture in review keeps nothing out',
    story: 'Nobody knows whether the money was taken, and a void is sent: the gateway decides who was right.',
    file: 'src/domain/exclusive-acceptance.ts',
    find: "return status === 'FAILED' ? 'failed' : 'open';",
    put: "return status === 'FAILED' || status === 'REVIEW' ? 'failed' : 'open';",
    judge: 'simulation',
  },
  {
    name: 'a charge that was captured is answered as authorised',
    story: 'A client asks about its order, hears AUTHORIZED, and captures again what was captured days ago.',
    file: 'src/engine/charging/answers.ts',
    find: 'return isGoneOn(operation) ? null : answer;',
    put: 'return answer;',
    judge: 'simulation',
  },
  {
    name: 'a capture takes a little less than was asked for',
    story: 'The merchant loses a cent with every order, and the books say that all of it was taken.',
    file: 'src/domain/exclusive-acceptance.ts',
    find: "return { kind: 'open', amountMinor: askedMinor ?? authorizedMinor, verifyFirst: false };",
    put: "return { kind: 'open', amountMinor: (askedMinor ?? authorizedMinor) - 1, verifyFirst: false };",
    judge: 'simulation',
  },
];
