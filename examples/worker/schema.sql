CREATE TABLE charge_jobs (
  order_id text PRIMARY KEY,
  amount_minor bigint NOT NULL,
  currency text NOT NULL,
  method text NOT NULL,
  attempt integer NOT NULL DEFAULT 1, -- goes up when the customer tries another card
  due_at timestamptz NOT NULL DEFAULT now(),
  outcome text -- NULL: not ended yet
);
