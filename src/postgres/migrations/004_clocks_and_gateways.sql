-- Where a charge was made. Null: at the gateway that its payment names. Written for the earlier charges when the next
-- one is opened at another gateway, so that each is asked about where it was made.
ALTER TABLE payonce.operations ADD COLUMN gateway text;

-- A reading of two clocks, left by whoever runs: the database's and a process's own. Whoever starts later compares how
-- much time has passed by each. Where they disagree, one of them was set, and elapsed time proves nothing.
ALTER TABLE payonce.installation ADD COLUMN clock_at timestamptz;
ALTER TABLE payonce.installation ADD COLUMN clock_wall_at timestamptz;
-- The database's clock right after its last known step, and by how much it was set back in the steps that still matter.
ALTER TABLE payonce.installation ADD COLUMN clock_stepped_at timestamptz;
ALTER TABLE payonce.installation ADD COLUMN clock_stepped_back_ms double precision NOT NULL DEFAULT 0;
