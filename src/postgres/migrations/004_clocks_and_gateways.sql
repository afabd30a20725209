-- Where a charge was made. Null: at the gateway that its payment names. Written for the earlier charges when the next
-- one is opened at another gateway, so that each is asked about where it was made.
ALTER TABLE payonce.operations ADD COLUMN gateway text;

-- The longest lease of any process that ever ran here. Where the clock was set, a lease that looks over may have so much left.
ALTER TABLE payonce.installation ADD COLUMN longest_lease_ms double precision NOT NULL DEFAULT 0;
