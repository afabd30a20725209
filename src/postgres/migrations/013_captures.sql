-- Money that is authorised first. No row is written, and only the follow-ups are read through, for an index. The checks are made of what is
-- written from now on. (A process of before is refused where it meets a status that it does not know.)

-- Null: the money is taken at once.
ALTER TABLE payonce.operations ADD COLUMN capture_method text COLLATE "C";
ALTER TABLE payonce.operations
  ADD CONSTRAINT operations_capture_method_check CHECK (capture_method = 'manual') NOT VALID,
  DROP CONSTRAINT operations_outcome_check,
  ADD CONSTRAINT operations_outcome_check CHECK (outcome IN ('COMPLETED', 'AUTHORIZED', 'FAILED')) NOT VALID;

ALTER TABLE payonce.payments
  DROP CONSTRAINT payments_status_check,
  ADD CONSTRAINT payments_status_check CHECK (status IN
    ('PROCESSING', 'AUTHORIZED', 'COMPLETED', 'VOIDED', 'FAILED', 'UNRESOLVED', 'REVIEW')) NOT VALID;

ALTER TABLE payonce.follow_ups
  DROP CONSTRAINT follow_ups_kind_check,
  ADD CONSTRAINT follow_ups_kind_check CHECK (kind IN ('refund', 'capture', 'void')) NOT VALID;

-- exclusive_id: the capture or void that is open or has succeeded; a payment has one at most. exclusive_n: how many were opened. Of an
-- authorised or voided payment nothing is captured.
ALTER TABLE payonce.payment_sums
  ADD COLUMN exclusive_id uuid,
  ADD COLUMN exclusive_n integer NOT NULL DEFAULT 0,
  DROP CONSTRAINT payment_sums_captured_minor_check,
  ADD CONSTRAINT payment_sums_captured_minor_check CHECK (captured_minor >= 0) NOT VALID;

-- The sweep finds each kind of follow-up without reading past the others. Refunds write nothing to it.
CREATE INDEX follow_ups_due_exclusive ON payonce.follow_ups (gateway, kind, due_at)
  WHERE due_at IS NOT NULL AND kind <> 'refund';
