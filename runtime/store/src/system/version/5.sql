-- The runtime's own tables, version 5. Frozen.

-- The keys under which a record is looked for by those that may be its duplicates; only of entities that say by what.
CREATE TABLE fichero_duplicate_key (
  key {integer} NOT NULL,
  record {id} NOT NULL,
  PRIMARY KEY (key, record)
){keyed};
CREATE INDEX fichero_duplicate_key_record ON fichero_duplicate_key (record);

-- How the search for duplicates stands of each entity, by its physical table: by which rules its records have keys, up to
-- which record that has come, and what the last search through all of them found.
CREATE TABLE fichero_duplicate_state (
  entity {text} NOT NULL PRIMARY KEY,
  print {text} NOT NULL,
  keyed_to {id},
  is_keyed {boolean} NOT NULL,
  wanted_at {time},
  claimed_until {time},
  found_at {time},
  found {json}
){keyed};

-- Pairs that a search found, the lesser id first, and whether somebody said that they are not the same.
CREATE TABLE fichero_duplicate_pair (
  entity {text} NOT NULL,
  one {id} NOT NULL,
  other {id} NOT NULL,
  rules {text} NOT NULL,
  found_at {time} NOT NULL,
  dismissed_at {time},
  dismissed_by {id},
  PRIMARY KEY (entity, one, other)
){keyed};
