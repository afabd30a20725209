-- What operators have stated about payments and follow-ups in REVIEW. The table is new, so this takes no time and no lock, and the way of a
-- charge costs what it did.
CREATE TABLE payonce.wishes (
  account_id text COLLATE "C" NOT NULL,
  -- the payment's id, or the follow-up's
  unit_id uuid NOT NULL,
  -- of the row, after the write that made the wish
  seq integer NOT NULL,
  -- the charge that it is about; 1 for a follow-up
  n integer NOT NULL,
  outcome text COLLATE "C" NOT NULL CHECK (outcome IN ('completed', 'failed')),
  gateway_ref text,
  amount_minor bigint,
  evidence text NOT NULL,
  actor text NOT NULL,
  made_at timestamptz NOT NULL,
  ended_at timestamptz,
  ending text COLLATE "C" CHECK (ending IN ('carried_out', 'confirmed', 'refuted')),
  PRIMARY KEY (account_id, unit_id, seq),
  CHECK ((ended_at IS NULL) = (ending IS NULL)),
  CHECK (outcome <> 'completed' OR (gateway_ref IS NOT NULL AND amount_minor IS NOT NULL))
);
