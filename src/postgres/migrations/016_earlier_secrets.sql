-- Every secret signs until its own time is over, so that a second rotation does not end the one that a receiver still has. A list of
-- {"secret", "until"}, the newest first.
ALTER TABLE payonce.webhook_endpoints ADD COLUMN earlier_secrets jsonb NOT NULL DEFAULT '[]';
UPDATE payonce.webhook_endpoints
SET earlier_secrets = jsonb_build_array(jsonb_build_object('secret', previous_secret, 'until', previous_until))
WHERE previous_secret IS NOT NULL AND previous_until > now();
ALTER TABLE payonce.webhook_endpoints DROP COLUMN previous_secret, DROP COLUMN previous_until;
