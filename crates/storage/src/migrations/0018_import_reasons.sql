-- Reasons of lines that were not taken in: a stable code with its parameters as JSON, so that they are
-- told in the language of whoever asks. Empty for what was written before.
ALTER TABLE import_problems ADD COLUMN reason_code TEXT NOT NULL DEFAULT '';
ALTER TABLE import_problems ADD COLUMN params TEXT NOT NULL DEFAULT '{}';
