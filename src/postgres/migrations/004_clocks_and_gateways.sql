-- Where a charge was made. Null: at the gateway that its payment names. Written for the earlier charges when the next
-- one is opened at another gateway, so that each is asked about where it was made.
ALTER TABLE payonce.operations ADD COLUMN gateway text;

-- The longest lease of any process that ever ran here. Where the clock was set, a lease that looks over may have so much left.
ALTER TABLE payonce.installation ADD COLUMN longest_lease_ms double precision NOT NULL DEFAULT 0;

-- Which evidence came in last. Its date does not tell where the clock was set back.
ALTER TABLE payonce.evidence ADD COLUMN ord bigint GENERATED ALWAYS AS IDENTITY;

-- Before, the payment took the next charge's gateway, and its earlier charges named none. What was answered then still names
-- theirs. Where the answer has been erased, they get a name that no adapter can have (it has a space), so that nobody asks
-- another gateway about them and believes that they are absent. An earlier charge has failed, so it is found through its event:
-- of ten million payments only the failed ones are looked at.
UPDATE payonce.operations AS o SET gateway = coalesce(o.answer::json->>'gateway', 'not known')
FROM (SELECT DISTINCT account_id, payment_id FROM payonce.events WHERE status = 'FAILED') failed
JOIN payonce.payments p
  ON p.account_id = failed.account_id AND p.payment_id = failed.payment_id AND p.charge_n > 1
WHERE o.account_id = p.account_id AND o.payment_id = p.payment_id AND o.kind = 'charge' AND o.n < p.charge_n;
