-- The content of the event file of a statement that did little; NULL where there is a file.
ALTER TABLE statement ADD COLUMN events BLOB;
