-- What settles a payment changes its row and its operation's, and PostgreSQL can do so without touching an index as long as
-- no indexed column changes (a heap-only update). So whatever changes in the usual course of a payment leaves the indexes.

-- Indexes are built and dropped on all three, which takes about a minute for ten million payments; nobody gets in between.
LOCK TABLE payonce.payments, payonce.operations, payonce.events IN ACCESS EXCLUSIVE MODE;

-- When the sweep has to look at the payment: as due_at, but null during the first lease, of which the list below tells.
ALTER TABLE payonce.payments ADD COLUMN timer_at timestamptz;
CREATE INDEX payments_timer ON payonce.payments (gateway, timer_at) WHERE timer_at IS NOT NULL;
CREATE INDEX payments_open ON payonce.payments (account_id, payment_id) WHERE timer_at IS NOT NULL;
UPDATE payonce.payments SET timer_at = due_at WHERE due_at IS NOT NULL;
-- A process of before, which does not know of timers, is refused every change: the default fits no payment. (What is there was
-- made to fit just now, so it is not read through for it.)
ALTER TABLE payonce.payments ALTER COLUMN timer_at SET DEFAULT '-infinity';
ALTER TABLE payonce.payments ADD CONSTRAINT payments_timer_is_due
  CHECK (timer_at IS NOT DISTINCT FROM due_at OR (timer_at IS NULL AND held AND seq = 1)) NOT VALID;

-- Which payments were accepted together under claims, and when those end: one row for many payments.
CREATE TABLE payonce.first_leases (
  account_id text COLLATE "C" NOT NULL,
  -- the first of payment_ids
  payment_id uuid NOT NULL,
  gateway text NOT NULL,
  ends_at timestamptz NOT NULL,
  payment_ids uuid[] NOT NULL,
  PRIMARY KEY (account_id, payment_id)
);
CREATE INDEX first_leases_end ON payonce.first_leases (gateway, ends_at);

-- Payments by a rare status are found through the events, which never change.
CREATE INDEX events_of_rare_status ON payonce.events (account_id, status, payment_id)
  WHERE status IN ('FAILED', 'REVIEW');

-- Operations are appended, so that blocks of them lie between two times. An index of those is none of the kind
-- that forbids a heap-only update (from PostgreSQL 16 on). Several spans for each block: an erased row may move to a young one.
CREATE INDEX operations_settled ON payonce.operations
  USING brin (settled_at timestamptz_minmax_multi_ops) WITH (autosummarize = on);
-- The answers of whatever was settled before have been erased.
ALTER TABLE payonce.installation ADD COLUMN answers_erased_before timestamptz;
UPDATE payonce.installation SET answers_erased_before = least(now() - interval '1 hour',
  (SELECT settled_at FROM payonce.operations WHERE answer IS NOT NULL ORDER BY settled_at LIMIT 1));
ALTER TABLE payonce.installation ALTER COLUMN answers_erased_before SET NOT NULL;

-- Room for the settled rows beside the new ones; of operations, for the answer too.
ALTER TABLE payonce.payments SET (fillfactor = 48);
ALTER TABLE payonce.operations SET (fillfactor = 18);

DROP INDEX payonce.payments_due;
DROP INDEX payonce.payments_by_rare_status;
DROP INDEX payonce.operations_answers;

ANALYZE payonce.payments (timer_at);
