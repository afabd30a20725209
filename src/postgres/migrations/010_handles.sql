-- What a charge was prepared on at a gateway of two steps: one row for each such charge. The table is new, so this takes no time and no lock, and
-- the way of a charge at any other gateway costs what it did.
CREATE TABLE payonce.handles (
  account_id text COLLATE "C" NOT NULL,
  payment_id uuid NOT NULL,
  charge_n integer NOT NULL CHECK (charge_n > 0),
  -- written once
  handle text,
  -- errors that the gateway keeps under the keys with which it was prepared
  prepares integer NOT NULL DEFAULT 0 CHECK (prepares >= 0),
  -- what the customer has to do now
  action jsonb,
  PRIMARY KEY (account_id, payment_id, charge_n),
  CHECK (handle IS NOT NULL OR action IS NULL)
);
