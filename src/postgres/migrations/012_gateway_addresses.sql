-- Where each gateway was when a process last started for it. Read and written at starts only, so the way of a charge costs what it did.
CREATE TABLE payonce.gateway_addresses (
  gateway text COLLATE "C" PRIMARY KEY,
  address text NOT NULL
);
