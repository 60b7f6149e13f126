-- The runtime's own tables, version 4. Frozen.

-- What an import reads and how, so that one that broke off is taken up again by the same command alone; who is at it; what
-- it came to; and what became of it when it was taken back.
ALTER TABLE fichero_import ADD COLUMN hash {bytes};
ALTER TABLE fichero_import ADD COLUMN means {bytes};
ALTER TABLE fichero_import ADD COLUMN matching {text};
ALTER TABLE fichero_import ADD COLUMN runner {id};
ALTER TABLE fichero_import ADD COLUMN unchanged {integer} NOT NULL DEFAULT 0;
ALTER TABLE fichero_import ADD COLUMN made {integer} NOT NULL DEFAULT 0;
ALTER TABLE fichero_import ADD COLUMN undo {id};
ALTER TABLE fichero_import ADD COLUMN undone_at {time};
ALTER TABLE fichero_import ADD COLUMN reversed {integer} NOT NULL DEFAULT 0;
ALTER TABLE fichero_import ADD COLUMN kept {integer} NOT NULL DEFAULT 0;
ALTER TABLE fichero_import ADD COLUMN blocked {integer} NOT NULL DEFAULT 0;

-- The rows of an import under way that are behind it without being in the database: rejected, or waiting for others where
-- no reason stands.
CREATE TABLE fichero_import_row (
  batch {id} NOT NULL,
  number {integer} NOT NULL,
  why {text},
  PRIMARY KEY (batch, number)
){keyed};
