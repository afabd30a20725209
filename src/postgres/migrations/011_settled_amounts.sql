-- What a gateway really moved, where it was another amount than was asked for, and an operator has settled it. Null: nobody has. The column is
-- added without rewriting the table.
ALTER TABLE payonce.follow_ups ADD COLUMN settled_minor bigint;
