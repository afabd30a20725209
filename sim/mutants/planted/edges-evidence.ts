/** Bugs in what becomes of evidence: an answer that came too late, and what is said or sent beside it. */
import type { PlantedBug } from '../bug.ts';

const LATE = 'src/engine/late-evidence.test.ts';
const VERIFY = 'src/engine/verify.test.ts';
const DECISIONS = 'src/domain/transition/edges.test.ts';

export const EDGES_EVIDENCE: readonly PlantedBug[] = [
  {
    name: 'a decision that takes no lease keeps the last holder’s claim',
    story:
      'A server that was suspended with an approval in memory mistakes another server’s write for its own, and the charge is lost.',
    file: 'src/engine/driving/worker.ts',
    find: "        ? { kind: 'pass', claimId, waitMs: decision.waitMs }\n",
    put: "        ? { kind: 'release', waitMs: decision.waitMs }\n",
    judge: 'engine suite',
    tests: { file: LATE, named: 'is kept if another process has written without a lease' },
  },
  {
    name: 'a write without the lease leaves the claim as it was',
    story:
      'A server that was suspended with an approval in memory mistakes another server’s write for its own, and the charge is lost.',
    file: 'src/postgres/advance.ts',
    find: "      return lease.kind === 'take' ? lease.claim.claimId : lease.claimId;\n",
    put: "      return lease.kind === 'take' ? lease.claim.claimId : null;\n",
    judge: 'store suite',
    tests: { file: 'test/postgres/store.test.ts', named: 'a write without the lease brings a new claim' },
  },
  {
    name: 'a charge that the database has forgotten is not looked up, even if evidence came in about it',
    story:
      'A fail-over loses a charge that the gateway approved, the approval is ignored, and the customer is charged again.',
    file: 'src/postgres/work.ts',
    find: 'FROM made o FULL JOIN told ON told.n = o.n',
    put: 'FROM made o LEFT JOIN told ON told.n = o.n',
    judge: 'store suite',
    tests: { file: 'test/postgres/store.test.ts', named: 'shows a charge that only evidence knows' },
  },
  {
    name: 'a retry that waits in memory is not woken by evidence',
    story:
      'The first charge turns out to be paid while the second waits for its retry, but the retry is sent.',
    file: 'src/engine/recover.ts',
    find: '        driver.wake(record);\n',
    put: '',
    judge: 'engine suite',
    tests: { file: LATE, named: 'the evidence is checked at once' },
  },
  {
    name: 'a call leaves although its claim found new evidence',
    story:
      'The first charge turns out to be paid at the moment in which the second is claimed, and the customer pays twice.',
    file: 'src/engine/driving/worker.ts',
    find: "    if (action === 'call' && held.record.evidence > 0) return giveBack(held, 'late_evidence');\n",
    put: '',
    judge: 'engine suite',
    tests: { file: LATE, named: 'just before its claim' },
  },
  {
    name: 'a failure is written over evidence',
    story:
      'The customer is told that a new charge is safe, while the approval of the old one is in the database unread.',
    file: 'src/postgres/advance.ts',
    find: '\n    AND (i.problem IS NULL OR p.evidence = i.evidence_seen)',
    put: '',
    judge: 'store suite',
    tests: { file: 'test/postgres/store.test.ts', named: 'a failure is not written over evidence' },
  },
  {
    name: 'a decline that could not be written is forgotten',
    story: 'The card is charged once more although the gateway has declined it.',
    file: 'src/domain/transition/verified.ts',
    find: '  return { next: { ...operation, doubt, declineCode, step }, event, waitMs: 0 };',
    put: '  return { next: operation, event, waitMs: 0 };',
    judge: 'engine suite',
    tests: { file: LATE, named: 'by a decline is kept' },
  },
  {
    name: 'a decline argues an approval away where keys are not kept',
    story:
      'A late worker got an approval, an older decline of the same charge hides it, and the customer pays twice.',
    file: 'src/engine/verify.ts',
    find: '    return onAbsent(engine, held, one, atMs);\n  }\n',
    put: '    return notBefore(engine, held, [one.sentUntilMs], atMs);\n  }\n',
    judge: 'engine suite',
    tests: { file: VERIFY, named: 'is not disproved by a decline of another call' },
  },
  {
    name: 'beside a completed charge a lookup that lags clears the evidence',
    story: 'Two charges of one order are live, and no alarm reports it.',
    file: 'src/engine/verify.ts',
    find: '  return waiting ?? (money ? lateEvidence(one) : null);',
    put: '  return waiting;',
    judge: 'engine suite',
    tests: { file: VERIFY, named: 'waits until lookups must show it' },
  },
  {
    name: 'known money of another charge is forgotten over the end of this one',
    story: 'The order is reported as failed with nothing charged, but its first charge is live.',
    file: 'src/domain/transition/lookup-ended.ts',
    find: 'return knowsOfOtherMoney(operation) ? besideOtherMoney(operation, decision, context) : decision;',
    put: 'return decision;',
    judge: 'engine suite',
    tests: { file: DECISIONS, named: 'is no failure of the order|is one charge too many' },
  },
  {
    name: 'evidence about a charge at another gateway is looked up although that cannot work',
    story: 'The same alarm comes every hour for days, and no person can do what it asks for.',
    file: 'src/engine/verify.ts',
    find: '    return hasEvidence\n',
    put: '    return hasEvidence && one.n < 0\n',
    judge: 'engine suite',
    tests: { file: 'src/engine/elsewhere.test.ts', named: 'goes to a person|is not charged again anywhere' },
  },
  {
    name: 'asking after many charges begins anew with every lease',
    story: 'An order that failed often is never charged again, although the customer keeps trying.',
    file: 'src/engine/verify.ts',
    find: '  progress.keep(record, reachedN);\n',
    put: '',
    judge: 'engine suite',
    tests: { file: VERIFY, named: 'continues where the last lease ended' },
  },
  {
    name: 'evidence about the charge itself is forgotten over another one’s money',
    story:
      'Both charges of an order may be live, but a person learns only of the first one, and the second is never looked up.',
    file: 'src/domain/transition/verified.ts',
    find: '  const known = settled ? operation : withOwnEvidence(operation, own, context);\n',
    put: '  const known = settled || own.gatewayRef !== undefined ? operation : withOwnEvidence(operation, own, context);\n',
    judge: 'engine suite',
    tests: { file: DECISIONS, named: 'is not lost when another charge’s money is found' },
  },
  {
    name: 'money of another charge ends the look before the evidence about the charge itself is read',
    story:
      'Both charges of an order may be live, but a person learns only of the first one, and the second is never looked up.',
    file: 'src/engine/verify.ts',
    find: "if (ended.kind === 'found') return { ...ended, own };",
    put: "if (ended.kind === 'found') return { ...ended, own: NO_EVIDENCE };",
    judge: 'engine suite',
    tests: { file: VERIFY, named: 'is reported besides money of another one' },
  },
  {
    name: 'a refusal of our credentials is reported only if it is the first problem',
    story: 'Evidence of money waits for a lookup, but no alarm asks a person to fix the credentials.',
    file: 'src/engine/verify.ts',
    find: 'forbidden: missing.some(({ forbidden }) => forbidden) };',
    put: 'forbidden: first.forbidden };',
    judge: 'engine suite',
    tests: { file: VERIFY, named: 'reports refused credentials' },
  },
  {
    name: 'late evidence about a settled charge waits for the gateway in silence',
    story:
      'A failed order may have been charged after all, the gateway’s lookups never answer, and no person learns of it.',
    file: 'src/engine/verify.ts',
    find: 'evidenceAtMs: waits ? await lastEvidenceAtMs(engine, record) : null };',
    put: 'evidenceAtMs: null };',
    judge: 'engine suite',
    tests: { file: LATE, named: 'is shown to a person daily after three days' },
  },
  {
    name: 'lookups from before another worker’s write still count',
    story:
      'Evidence comes in about a charge that was already looked up, but the next charge is sent all the same.',
    file: 'src/engine/verify-progress.ts',
    find: 'one !== undefined && one.seq === record.seq && one.evidence === record.evidence',
    put: 'one !== undefined',
    judge: 'engine suite',
    tests: { file: VERIFY, named: 'starts again if anybody has written since' },
  },
  {
    name: 'a failure that the database refused over evidence is written all the same',
    story:
      'The customer is told that a new charge is safe, while the approval of the old one is in the database unread.',
    file: 'src/engine/driving/finish.ts',
    find: '      decision = onUnseen(held.record.operation, decision, context(nowMs, held.record));\n      written = await end(held, decision, { nowMs, evidenceSeen: 0, elsewhere, wish: null });\n',
    put: '      written = await end(held, decision, { nowMs, evidenceSeen: held.record.evidence + 1, elsewhere, wish: null });\n',
    judge: 'engine suite',
    tests: { file: LATE, named: 'is not written over unchecked evidence' },
  },
  {
    name: 'news of what has ended waits for its own next look',
    story: 'A refund that failed was paid after all, and a person learns of it a day later.',
    file: 'src/postgres/advance.ts',
    find: "AND NOT i.takes AND i.status IN ('AUTHORIZED', 'COMPLETED', 'FAILED', 'VOIDED')",
    put: "AND NOT i.takes AND i.status IN ('AUTHORIZED')",
    judge: 'store suite',
    tests: { file: 'sim/store/likeness.test.ts', named: '.' },
  },
];
