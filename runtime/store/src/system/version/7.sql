-- The runtime's own tables, version 7. Frozen.

-- Records whose words are not yet in fichero_search_word. On SQLite some that were made last, which go there many at
-- once; on PostgreSQL those that a copy of such a database brought, until it ends.
CREATE TABLE fichero_search_fresh (
  entity {text} NOT NULL,
  id {id} NOT NULL,
  titled {text} NOT NULL,
  beside {text} NOT NULL,
  PRIMARY KEY (entity, id)
){keyed};

-- sqlite
-- Their words: letters and digits, with a blank between them.
CREATE VIEW fichero_search_fresh_word AS
  SELECT fresh.entity, word.value AS word, FALSE AS beside, fresh.id FROM fichero_search_fresh AS fresh,
    json_each('["' || replace(titled, ' ', '","') || '"]') AS word WHERE titled <> ''
  UNION ALL SELECT fresh.entity, word.value, TRUE, fresh.id FROM fichero_search_fresh AS fresh,
    json_each('["' || replace(beside, ' ', '","') || '"]') AS word WHERE beside <> '';

-- All that are searched.
CREATE VIEW fichero_search_record AS
  SELECT entity, id, titled, beside FROM fichero_search
  UNION ALL SELECT entity, id, titled, beside FROM fichero_search_fresh;
-- end
