-- The four tables of the promise. account_id comes first in every key, so that a distributed PostgreSQL keeps
-- an account's rows together. Only order ids and key hashes arrive in random order; every other key grows at
-- its end, which keeps index pages and the write-ahead log small.

-- The random name of this installation: the root of every order reference. Part of every backup; two
-- installations that share a gateway account must never share it.
CREATE TABLE payonce.installation (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  installation_id uuid NOT NULL DEFAULT gen_random_uuid(),
  created_at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO payonce.installation DEFAULT VALUES;

-- One row per order: the primary key is the guarantee. It also carries the state of the current charge and the
-- one lock and timer of the payment, because every fenced write tests and changes exactly this row.
CREATE TABLE payonce.payments (
  account_id text COLLATE "C" NOT NULL,
  order_id text COLLATE "C" NOT NULL,
  payment_id uuid NOT NULL,
  -- the terms of the current charge
  amount_minor bigint NOT NULL CHECK (amount_minor > 0),
  currency text COLLATE "C" NOT NULL,
  metadata jsonb NOT NULL,
  gateway text NOT NULL,
  -- the state of the current charge
  charge_n integer NOT NULL,
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
  -- earlier charges of this order that ended because the gateway did not know them
  absences integer NOT NULL,
  -- the lock and the timer: due_at is the lease's end while held, else the next try
  seq integer NOT NULL,
  fence integer NOT NULL,
  claim_id uuid NOT NULL,
  held boolean NOT NULL,
  due_at timestamptz CHECK (NOT held OR due_at IS NOT NULL),
  evidence integer NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  PRIMARY KEY (account_id, order_id),
  CHECK (status <> 'COMPLETED' OR gateway_ref IS NOT NULL)
) WITH (fillfactor = 70);

CREATE UNIQUE INDEX payments_by_id ON payonce.payments (account_id, payment_id);
CREATE INDEX payments_by_status ON payonce.payments (account_id, status, payment_id);
CREATE INDEX payments_due ON payonce.payments (gateway, due_at) WHERE due_at IS NOT NULL;

-- One row per effect that is wanted at the gateway at most once: its terms before the first call, its one
-- frozen answer once it is settled.
CREATE TABLE payonce.operations (
  account_id text COLLATE "C" NOT NULL,
  payment_id uuid NOT NULL,
  kind text COLLATE "C" NOT NULL CHECK (kind IN ('charge')),
  n integer NOT NULL,
  gateway_key uuid NOT NULL,
  amount_minor bigint NOT NULL,
  currency text COLLATE "C" NOT NULL,
  method text,
  opened_at timestamptz NOT NULL,
  settled_at timestamptz,
  outcome text CHECK (outcome IN ('COMPLETED', 'FAILED')),
  -- failed because a lookup did not find it, rather than on the gateway's own no
  by_absence boolean NOT NULL DEFAULT false,
  problem text,
  answer text,
  PRIMARY KEY (account_id, payment_id, kind, n),
  CHECK ((settled_at IS NULL) = (outcome IS NULL))
) WITH (fillfactor = 70);

CREATE INDEX operations_answers ON payonce.operations (settled_at) WHERE answer IS NOT NULL;

-- Every idempotency key ever seen and the operation it is bound to, for good.
CREATE TABLE payonce.requests (
  account_id text COLLATE "C" NOT NULL,
  key_hash uuid NOT NULL,
  fingerprint text COLLATE "C" NOT NULL,
  payment_id uuid NOT NULL,
  charge_n integer NOT NULL,
  started boolean NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (account_id, key_hash)
);

-- The audit trail: one row per change, written in the statement that makes the change.
CREATE TABLE payonce.events (
  account_id text COLLATE "C" NOT NULL,
  payment_id uuid NOT NULL,
  seq integer NOT NULL,
  type text COLLATE "C" NOT NULL,
  status text COLLATE "C" NOT NULL,
  charge_n integer NOT NULL,
  attempts integer NOT NULL,
  detail text,
  at timestamptz NOT NULL,
  PRIMARY KEY (account_id, payment_id, seq)
);

-- What a gateway told a worker that no longer held the lease. Never thrown away.
CREATE TABLE payonce.evidence (
  account_id text COLLATE "C" NOT NULL,
  payment_id uuid NOT NULL,
  evidence_id uuid NOT NULL DEFAULT gen_random_uuid(),
  charge_n integer NOT NULL,
  outcome jsonb NOT NULL,
  at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (account_id, payment_id, evidence_id)
);

-- Aborts a statement whose order or payment was changed by another transaction at the same instant. The
-- serialization class makes the caller repeat it, and then it sees the winner; a key is never left unbound.
CREATE FUNCTION payonce.lost_race() RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'another transaction changed this order at the same instant' USING ERRCODE = '40001';
END $$;
