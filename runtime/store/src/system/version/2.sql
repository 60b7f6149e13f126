-- The runtime's own tables, version 2. Frozen.

-- A fill tells of the rows it had to pass over, and of what was in its way.
ALTER TABLE fichero_fill ADD COLUMN is_done {boolean} NOT NULL DEFAULT FALSE;
ALTER TABLE fichero_fill ADD COLUMN skipped {integer} NOT NULL DEFAULT 0;
ALTER TABLE fichero_fill ADD COLUMN why {text};
