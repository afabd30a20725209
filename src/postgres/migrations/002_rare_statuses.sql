-- Most payments are COMPLETED within a moment and never change again. An index over every status made each of them
-- pay for two entries that nobody reads: the list of completed payments is found by walking back through their ids,
-- and what is PROCESSING has a time when it is due. Only what is rare, and looked for, keeps an index.
CREATE INDEX payments_by_rare_status ON payonce.payments (account_id, status, payment_id)
  WHERE status IN ('FAILED', 'UNRESOLVED', 'REVIEW');
-- Last, because it locks out everybody else until the end of the transaction.
DROP INDEX payonce.payments_by_status;
