-- The runtime's own tables, version 6. Frozen.

-- The words of each living record that is searched: what of it is in fichero_search_word.
CREATE TABLE fichero_search (
  entity {text} NOT NULL,
  id {id} NOT NULL,
  titled {text} NOT NULL,
  beside {text} NOT NULL,
  PRIMARY KEY (entity, id)
){keyed};

-- The same by word: those of titles before others, newer records before older ones.
-- sqlite
CREATE TABLE fichero_search_word (
  entity {text} NOT NULL,
  word {text} NOT NULL,
  beside {boolean} NOT NULL,
  id {id} NOT NULL,
  PRIMARY KEY (entity, word, beside, id DESC)
){keyed};
-- end
-- postgres
CREATE TABLE fichero_search_word (
  entity {text} NOT NULL,
  word {text} NOT NULL,
  beside {boolean} NOT NULL,
  id {id} NOT NULL
);
CREATE UNIQUE INDEX fichero_search_word_key ON fichero_search_word (entity, word, beside, id DESC);
-- end

-- How far each entity is indexed: by which definition, and up to which record where it is not done.
CREATE TABLE fichero_search_part (
  entity {text} NOT NULL PRIMARY KEY,
  print {text} NOT NULL,
  seq {integer} NOT NULL,
  after {id},
  is_done {boolean} NOT NULL
){keyed};
