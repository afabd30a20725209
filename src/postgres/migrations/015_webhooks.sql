-- Events for merchants. The audit trails are the outbox: each line is written in the transaction that makes the change. New lines are found by
-- their time. A block-range index costs an insert next to nothing: it has one entry for many blocks. It is built by reading the table once.
CREATE INDEX events_at ON payonce.events USING brin (at) WITH (pages_per_range = 32, autosummarize = on);
CREATE INDEX follow_up_events_at ON payonce.follow_up_events USING brin (at) WITH (pages_per_range = 32, autosummarize = on);

-- The transactions below `before_xid` have ended, and their lines have been looked at. `seen_at`: when that was so. One row.
CREATE TABLE payonce.webhook_cursor (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  before_xid bigint NOT NULL,
  seen_at timestamptz NOT NULL
);
INSERT INTO payonce.webhook_cursor (before_xid, seen_at)
VALUES (pg_snapshot_xmin(pg_current_snapshot())::text::bigint, now());

CREATE TABLE payonce.webhook_endpoints (
  account_id text COLLATE "C" NOT NULL,
  endpoint_id uuid NOT NULL,
  url text COLLATE "C" NOT NULL,
  description text,
  -- null: all
  event_types text[],
  -- encrypted; the endpoint's id is authenticated with it
  secret text NOT NULL,
  previous_secret text,
  previous_until timestamptz,
  status text COLLATE "C" NOT NULL DEFAULT 'ENABLED' CHECK (status IN ('ENABLED', 'DISABLED')),
  disabled_reason text,
  -- failures in a row, and until when it gets nothing because of them
  failures integer NOT NULL DEFAULT 0,
  blocked_until timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  -- its deliveries can be read by nobody any more, and are erased in time
  deleted_at timestamptz,
  PRIMARY KEY (account_id, endpoint_id)
);
CREATE UNIQUE INDEX webhook_endpoints_url ON payonce.webhook_endpoints (account_id, url) WHERE deleted_at IS NULL;
CREATE INDEX webhook_endpoints_enabled ON payonce.webhook_endpoints (account_id)
  WHERE status = 'ENABLED' AND deleted_at IS NULL;

-- One row for each event and endpoint: the key keeps an event from being planned twice. `due_at` is the end of the lease while `claim_id` is set.
CREATE TABLE payonce.webhook_deliveries (
  account_id text COLLATE "C" NOT NULL,
  endpoint_id uuid NOT NULL,
  event_id text COLLATE "C" NOT NULL,
  ord bigint GENERATED ALWAYS AS IDENTITY,
  event_type text COLLATE "C" NOT NULL,
  -- null: a test
  payment_id uuid,
  follow_up_id uuid,
  happened_at timestamptz NOT NULL,
  status text COLLATE "C" NOT NULL DEFAULT 'PENDING' CHECK (status IN ('PENDING', 'DELIVERED', 'DEAD')),
  -- how often it was ever sent, and how often since it was made or asked for again
  attempts integer NOT NULL DEFAULT 0,
  tries integer NOT NULL DEFAULT 0,
  asked_at timestamptz NOT NULL DEFAULT now(),
  due_at timestamptz,
  claim_id uuid,
  ended_at timestamptz,
  PRIMARY KEY (account_id, endpoint_id, event_id),
  CHECK ((status = 'PENDING') = (due_at IS NOT NULL)),
  CHECK ((status = 'PENDING') = (ended_at IS NULL))
);
CREATE UNIQUE INDEX webhook_deliveries_list ON payonce.webhook_deliveries (account_id, endpoint_id, ord);
CREATE INDEX webhook_deliveries_due ON payonce.webhook_deliveries (account_id, endpoint_id, due_at) WHERE due_at IS NOT NULL;
CREATE INDEX webhook_deliveries_ended ON payonce.webhook_deliveries (ended_at) WHERE ended_at IS NOT NULL;

-- Each try, and what came back. Without a result: it is under way, or its process died.
CREATE TABLE payonce.webhook_attempts (
  account_id text COLLATE "C" NOT NULL,
  endpoint_id uuid NOT NULL,
  event_id text COLLATE "C" NOT NULL,
  n integer NOT NULL,
  at timestamptz NOT NULL,
  took_ms integer,
  -- the HTTP status and the first bytes of the answer
  status integer,
  answer text,
  -- why there is no answer
  error text,
  PRIMARY KEY (account_id, endpoint_id, event_id, n),
  FOREIGN KEY (account_id, endpoint_id, event_id) REFERENCES payonce.webhook_deliveries ON DELETE CASCADE
);
