-- How long the charge is tried, in seconds from its opening. Null: the settings of the process say when calls end. (A process of before
-- ends it by its own settings, which is earlier: it fails, with proof, though its caller would have waited.)
ALTER TABLE payonce.operations ADD COLUMN give_up_after_s integer;
