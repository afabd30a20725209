-- Follow-ups: the operations on a payment after its charge, such as a refund. All tables are new, so this takes no time and no lock, and
-- the way of a charge costs what it did.

-- One row for each follow-up, with all of its state: its own lock, timer and frozen answer.
CREATE TABLE payonce.follow_ups (
  account_id text COLLATE "C" NOT NULL,
  order_id text COLLATE "C" NOT NULL,
  payment_id uuid NOT NULL,
  follow_up_id uuid NOT NULL,
  -- its terms, which never change
  kind text COLLATE "C" NOT NULL CHECK (kind IN ('refund')),
  -- the caller's name for it, or its key at the gateway
  name text COLLATE "C" NOT NULL,
  -- the key that names it; null if the caller named it
  key_hash uuid,
  charge_ref text NOT NULL,
  -- null: all that was left
  asked_minor bigint,
  amount_minor bigint NOT NULL CHECK (amount_minor > 0),
  currency text COLLATE "C" NOT NULL,
  reason text,
  metadata jsonb NOT NULL,
  gateway text NOT NULL,
  gateway_key uuid NOT NULL,
  -- its state, as that of a payment's charge
  status text COLLATE "C" NOT NULL
    CHECK (status IN ('PROCESSING', 'COMPLETED', 'FAILED', 'UNRESOLVED', 'REVIEW')),
  step text NOT NULL CHECK (step IN ('call', 'lookup', 'verify', 'none')),
  attempts integer NOT NULL,
  doubt text NOT NULL CHECK (doubt IN ('none', 'answered', 'open')),
  doubt_until timestamptz CHECK ((doubt = 'none') = (doubt_until IS NULL)),
  first_sent_at timestamptz,
  decline_code text,
  lookups integer NOT NULL,
  unresolved_since timestamptz,
  failure_code text,
  gateway_ref text,
  -- the lock and the timer: due_at is the lease's end while held, else the next try
  seq integer NOT NULL,
  fence integer NOT NULL,
  claim_id uuid NOT NULL,
  held boolean NOT NULL,
  due_at timestamptz CHECK (NOT held OR due_at IS NOT NULL),
  evidence integer NOT NULL,
  -- when it was opened
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  -- how it ended the first time, for good; its status may change later
  settled_at timestamptz,
  problem text,
  answer text,
  -- failed without the gateway's word, and not found since: counted in the absences of its payment
  by_absence boolean NOT NULL DEFAULT false,
  PRIMARY KEY (account_id, follow_up_id),
  UNIQUE (account_id, payment_id, kind, name),
  CHECK (status <> 'COMPLETED' OR gateway_ref IS NOT NULL),
  CHECK (settled_at IS NOT NULL OR (problem IS NULL AND answer IS NULL))
);

CREATE INDEX follow_ups_due ON payonce.follow_ups (gateway, due_at) WHERE due_at IS NOT NULL;
-- While calls are stopped, very many may wait for one. The others are found without reading past those.
CREATE INDEX follow_ups_due_others ON payonce.follow_ups (gateway, due_at)
  WHERE due_at IS NOT NULL AND NOT (step = 'call' AND evidence = 0);
CREATE INDEX follow_ups_answers ON payonce.follow_ups (settled_at) WHERE answer IS NOT NULL;

-- Every key ever seen with a follow-up, and the follow-up that it is bound to, for good.
CREATE TABLE payonce.follow_up_requests (
  account_id text COLLATE "C" NOT NULL,
  key_hash uuid NOT NULL,
  fingerprint text COLLATE "C" NOT NULL,
  payment_id uuid NOT NULL,
  follow_up_id uuid NOT NULL,
  started boolean NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (account_id, key_hash)
);

-- The audit trail of each follow-up: one row for each change, written in the statement that makes the change.
CREATE TABLE payonce.follow_up_events (
  account_id text COLLATE "C" NOT NULL,
  follow_up_id uuid NOT NULL,
  seq integer NOT NULL,
  type text COLLATE "C" NOT NULL,
  status text COLLATE "C" NOT NULL,
  attempts integer NOT NULL,
  detail text,
  at timestamptz NOT NULL,
  PRIMARY KEY (account_id, follow_up_id, seq)
);

-- What a gateway told a worker that no longer held the lease. Never thrown away. `ord` is the order in which it came in.
CREATE TABLE payonce.follow_up_evidence (
  account_id text COLLATE "C" NOT NULL,
  payment_id uuid NOT NULL,
  follow_up_id uuid NOT NULL,
  ord bigint GENERATED ALWAYS AS IDENTITY,
  outcome jsonb NOT NULL,
  at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (account_id, follow_up_id, ord)
);

-- What has become of a payment's money: one row for each payment that ever had a follow-up. A follow-up is opened by adding to this row,
-- if there is room in it. Every other change is a difference. No column may be null: then nothing would compare.
CREATE TABLE payonce.payment_sums (
  account_id text COLLATE "C" NOT NULL,
  payment_id uuid NOT NULL,
  captured_minor bigint NOT NULL CHECK (captured_minor > 0),
  refunding_minor bigint NOT NULL DEFAULT 0 CHECK (refunding_minor >= 0),
  refunded_minor bigint NOT NULL DEFAULT 0 CHECK (refunded_minor >= 0),
  elsewhere_minor bigint NOT NULL DEFAULT 0 CHECK (elsewhere_minor >= 0),
  absences integer NOT NULL DEFAULT 0 CHECK (absences >= 0),
  PRIMARY KEY (account_id, payment_id)
);
