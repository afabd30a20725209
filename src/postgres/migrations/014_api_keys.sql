-- Who may use the service: accounts, and the API keys of each. Both tables are new and no other is read, so this takes as long for ten million
-- payments as for none. The way of a charge reads neither.

-- Payments of an account may be older than its row here: the library needs none. The row is made when the account is to have keys.
CREATE TABLE payonce.accounts (
  account_id text COLLATE "C" PRIMARY KEY,
  created_at timestamptz NOT NULL DEFAULT now(),
  disabled_at timestamptz
);
INSERT INTO payonce.accounts (account_id) VALUES ('default');

-- A row is never deleted: that there was a key once means that requests need one.
CREATE TABLE payonce.api_keys (
  account_id text COLLATE "C" NOT NULL REFERENCES payonce.accounts,
  key_id uuid NOT NULL,
  -- SHA-256 of the key, in hexadecimal. The key itself is not stored.
  key_hash text COLLATE "C" NOT NULL UNIQUE CHECK (key_hash ~ '^[0-9a-f]{64}$'),
  last_four text COLLATE "C" NOT NULL,
  name text,
  livemode boolean NOT NULL,
  scopes text[] NOT NULL CHECK (cardinality(scopes) > 0),
  -- requests per second in each process; null: no limit
  per_second integer CHECK (per_second > 0),
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz,
  revoked_at timestamptz,
  replaced_by uuid,
  PRIMARY KEY (account_id, key_id)
);
