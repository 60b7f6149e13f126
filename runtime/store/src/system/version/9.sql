-- The runtime's own tables, version 9. Frozen.

-- Imports that the background does. Each is a batch of fichero_import too, unless it is a dry run; beat says how far it was a
-- moment ago.
CREATE TABLE fichero_import_order (
  batch {id} NOT NULL PRIMARY KEY,
  entity {text} NOT NULL,
  file {id} NOT NULL,
  name {text} NOT NULL,
  size {integer} NOT NULL,
  request {json} NOT NULL,
  dry {boolean} NOT NULL,
  actor {id},
  ordered_at {time} NOT NULL,
  state {text} NOT NULL,
  ended_at {time},
  beat {json},
  report {json},
  error {json},
  rejects {id}
){rows};
CREATE INDEX fichero_import_order_dry ON fichero_import_order (dry, ordered_at);

-- Imports that the background takes back.
CREATE TABLE fichero_import_undo (
  batch {id} NOT NULL PRIMARY KEY,
  actor {id},
  ordered_at {time} NOT NULL,
  state {text} NOT NULL,
  report {json},
  error {json}
){rows};
