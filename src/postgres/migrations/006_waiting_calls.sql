-- Payments that only wait for a place at the gateway, or for a gateway that is not called now. There may be very many, and while
-- they cannot go on the sweep looks for the others: those have an index of their own, so that nobody reads past the rest.
-- A payment in its usual course has no timer, so neither value ever changes and its update stays heap-only.

-- The table is written anew, and the index built; for ten million payments this takes some minutes, and nobody gets in between.
LOCK TABLE payonce.payments IN ACCESS EXCLUSIVE MODE;
ALTER TABLE payonce.payments ADD COLUMN waits_to_call boolean
  GENERATED ALWAYS AS (timer_at IS NOT NULL AND step = 'call' AND evidence = 0) STORED;
CREATE INDEX payments_timer_others ON payonce.payments (gateway, timer_at)
  WHERE timer_at IS NOT NULL AND NOT waits_to_call;
ANALYZE payonce.payments (timer_at, waits_to_call);
