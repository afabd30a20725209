-- When a later charge was opened, by the wall clock of the process that opened it, in milliseconds since the epoch. The database's clock can be
-- set back, and then its dates look too young. A first charge has that time in its payment's id. Null: a first charge, or one that an
-- older release opened. The column is added without rewriting the table.
ALTER TABLE payonce.operations ADD COLUMN opened_wall_ms double precision;
