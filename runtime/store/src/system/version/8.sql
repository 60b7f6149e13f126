-- The runtime's own tables, version 8. Frozen.

-- What files hold, once for each hash, wherever the bytes themselves are. Touched by every upload before it puts the
-- bytes there, so that nobody takes them away meanwhile.
CREATE TABLE fichero_content (
  hash {text} NOT NULL PRIMARY KEY,
  size {integer} NOT NULL,
  touched_at {time} NOT NULL
){keyed};
CREATE INDEX fichero_content_touched ON fichero_content (touched_at);

-- Files. The entity, the record and the field are those it belongs to; nothing as long as it belongs to none.
CREATE TABLE fichero_file (
  id {id} NOT NULL PRIMARY KEY,
  hash {text} NOT NULL REFERENCES fichero_content (hash),
  name {text} NOT NULL,
  media {text} NOT NULL,
  size {integer} NOT NULL,
  created_at {time} NOT NULL,
  created_by {id},
  entity {text},
  record {id},
  field {text}
){rows};
CREATE INDEX fichero_file_hash ON fichero_file (hash);
CREATE INDEX fichero_file_record ON fichero_file (record);
CREATE INDEX fichero_file_loose ON fichero_file (created_at) WHERE record IS NULL;
