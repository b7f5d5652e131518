-- For the sweep that forgets holds long after their end.
CREATE INDEX hold_ended ON hold (expires_at) WHERE state IN ('released', 'expired');
