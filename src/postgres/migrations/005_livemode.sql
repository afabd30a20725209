-- Whether the payments of this database are real money. Null: nobody has started on it yet.
ALTER TABLE payonce.installation ADD COLUMN livemode boolean;
-- Where the fake gateway (its name is always 'fake') was used even once, the database counts as one of test payments: its
-- COMPLETED orders must not pass for money. Real payments beside them are told of when a real gateway wants to start.
UPDATE payonce.installation SET livemode = NOT EXISTS (SELECT FROM payonce.payments WHERE gateway = 'fake')
  WHERE EXISTS (SELECT FROM payonce.payments);

-- The first claim decides; a later one of the other mode prevails only while there is no payment. Each statement of a function
-- sees what was committed until then, so the payments are looked for after the row has been locked: of two that claim at once,
-- the later one sees what the earlier one did.
CREATE FUNCTION payonce.claim_mode(ours boolean, OUT livemode boolean, OUT final boolean) LANGUAGE plpgsql AS $$
BEGIN
  SELECT i.livemode INTO livemode FROM payonce.installation i FOR UPDATE;
  final := EXISTS (SELECT FROM payonce.payments);
  IF livemode IS NULL OR (livemode <> ours AND NOT final) THEN
    UPDATE payonce.installation SET livemode = ours;
    livemode := ours;
  END IF;
END $$;
