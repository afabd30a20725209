/** The events of the audit trail in plain words. A word that is not here is told as it is: a newer service may have others. */
const WORDS: Readonly<Record<string, string>> = {
  'payment.created': 'The order was accepted and stored, before anything was sent',
  'charge.opened': 'The order is charged again: it was proved that the charge before took nothing',
  'call.started': 'A call to the gateway began',
  'call.not_sent': 'Nothing of the call was sent',
  'call.refused': 'It is proved that the gateway did not carry out the call',
  'call.unknown': 'No answer came that can be believed: the gateway may have carried out the call',
  'call.busy': 'The gateway was still working on an earlier call with the same key',
  'call.pending': 'The gateway took the call, and decides later',
  'call.forbidden': 'The gateway refused the credentials of this service',
  'call.declined_in_doubt': 'The gateway declined, but perhaps only the second try: a lookup decides',
  'call.declined': 'The gateway declined the call',
  'call.requires_action': 'The gateway says that the customer must act first',
  'lookup.started': 'A lookup at the gateway began',
  'lookup.not_found_yet': 'The gateway does not show it. It is too early for that to prove anything',
  'lookup.unavailable': 'The lookup gave no answer',
  'lookup.pending': 'The gateway has it, and has not decided yet',
  'lookup.open': 'The gateway has it, no money has moved, and it still may',
  'lookup.requires_action': 'The customer must act first',
  'lookup.absent': 'It is proved that no money moved',
  'lookup.authorized': 'The gateway still holds the money',
  'verify.started': 'The order’s other charges are looked up',
  'verify.clear': 'Nothing else holds the money at the gateway',
  'verify.unavailable': 'Whether something else holds the money could not be seen',
  'verify.duplicate_found':
    'A second charge of the order was found at the gateway. It must be refunded there',
  'payment.completed': 'The gateway charged it: the order is paid',
  'payment.authorized': 'The gateway holds the money, and nothing is taken yet',
  'payment.captured': 'The money that was held was taken',
  'payment.voided': 'The money that was held is free again',
  'payment.failed': 'It is proved that nothing was charged',
  'payment.review': 'A person must decide',
  'operator.asked_to_look': 'Somebody asked for a lookup now',
  'operator.wished': 'Somebody stated how it ended. The gateway is asked once more',
  'operator.settled': 'The gateway showed nothing else, so what was stated counts',
  'operator.refuted': 'The gateway shows something else than what was stated',
  ...followUp('refund'),
  ...followUp('capture'),
  ...followUp('void'),
};

function followUp(name: 'refund' | 'capture' | 'void'): Record<string, string> {
  return {
    [`${name}.created`]: `The ${name} was accepted and stored, before anything was sent`,
    [`${name}.succeeded`]: `The gateway made the ${name}`,
    [`${name}.failed`]: `The ${name} has failed`,
    [`${name}.review`]: `A person must decide about the ${name}`,
    [`${name}.found_pending`]: `The ${name} had counted as failed, and is under way at the gateway after all`,
    [`${name}.confirmed`]: `The ${name} was looked up again: it stands`,
  };
}

export function isKnown(type: string): boolean {
  return Object.hasOwn(WORDS, type);
}

export function inPlainWords(type: string, detail: string | null): string {
  const words = isKnown(type) ? WORDS[type] : `"${type}"`;
  return detail === null ? `${words}.` : `${words} (${detail}).`;
}
