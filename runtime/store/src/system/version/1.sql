-- The runtime's own tables, version 1. Frozen.

CREATE TABLE fichero_source (hash {text} NOT NULL PRIMARY KEY, bytes {bytes} NOT NULL){rows};

CREATE TABLE fichero_deployment (
  seq {integer} NOT NULL PRIMARY KEY,
  parent {integer} NOT NULL,
  catalog_hash {text} NOT NULL,
  files {json} NOT NULL,
  schema_hash {text} NOT NULL REFERENCES fichero_source (hash),
  plan {json} NOT NULL,
  barrier {boolean} NOT NULL,
  at {time} NOT NULL,
  actor {text} NOT NULL
){rows};

-- One row: the deployment for which writers paused last. Writers hold the table shared, such a migration alone.
CREATE TABLE fichero_gate (one {integer} NOT NULL PRIMARY KEY CHECK (one = 1), barrier {integer} NOT NULL){rows};
INSERT INTO fichero_gate (one, barrier) VALUES (1, 0);

-- postgres
-- Takes the gate shared and tells the last barrier, in one round trip. The statement inside sees what was committed
-- while it waited. Where the transaction sees an older state (its snapshot is older than the lock), locking the row
-- fails as a conflict if a barrier has passed since, and the command is repeated.
CREATE FUNCTION fichero_barrier() RETURNS bigint LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  found bigint;
BEGIN
  LOCK TABLE fichero_gate IN ROW SHARE MODE;
  IF current_setting('transaction_isolation') = 'read committed' THEN
    SELECT barrier INTO found FROM fichero_gate;
  ELSE
    SELECT barrier INTO found FROM fichero_gate FOR SHARE;
  END IF;
  RETURN found;
END
$$;
-- end

CREATE TABLE fichero_fill (
  table_name {text} NOT NULL,
  column_name {text} NOT NULL,
  reason {text} NOT NULL,
  seq {integer} NOT NULL,
  after {id},
  PRIMARY KEY (table_name, column_name, reason)
){keyed};

-- What commands did to records; never changed, never deleted. The values are in fichero_change_body.
CREATE TABLE fichero_change (
  id {id} NOT NULL PRIMARY KEY,
  at {time} NOT NULL,
  entity {text} NOT NULL,
  record {id} NOT NULL,
  revision {integer} NOT NULL,
  action {text} NOT NULL,
  actor {id},
  via {text} NOT NULL,
  cause {text},
  deployment {integer} NOT NULL,
  batch {id},
  command {id} NOT NULL
){keyed};
CREATE INDEX fichero_change_record ON fichero_change (record, id);
CREATE INDEX fichero_change_batch ON fichero_change (batch, id) WHERE batch IS NOT NULL;

-- What was in the changed fields before and after; erasable, hence apart and salted.
CREATE TABLE fichero_change_body (
  change {id} NOT NULL PRIMARY KEY,
  salt {bytes} NOT NULL,
  body {json}
){keyed};

CREATE TABLE fichero_stage_log (
  record {id} NOT NULL,
  field {text} NOT NULL,
  change {id} NOT NULL,
  entity {text} NOT NULL,
  from_value {text},
  to_value {text},
  at {time} NOT NULL,
  actor {id},
  PRIMARY KEY (record, field, change)
){keyed};
CREATE INDEX fichero_stage_log_at ON fichero_stage_log (entity, field, at);

-- What is to be done later. ready_at is when it may be tried next: when it is due, when its lease ends, when it is to be
-- repeated.
CREATE TABLE fichero_job (
  id {id} NOT NULL PRIMARY KEY,
  lane {integer} NOT NULL,
  kind {text} NOT NULL,
  key {text},
  due_at {time} NOT NULL,
  ready_at {time} NOT NULL,
  payload {json} NOT NULL,
  attempts {integer} NOT NULL,
  worker {text},
  dead_at {time},
  last_error {text}
){rows};
CREATE UNIQUE INDEX fichero_job_key ON fichero_job (key) WHERE key IS NOT NULL;
CREATE INDEX fichero_job_ready ON fichero_job (lane, ready_at) WHERE dead_at IS NULL;
CREATE INDEX fichero_job_dead ON fichero_job (dead_at) WHERE dead_at IS NOT NULL;

-- Messages to the world outside, from the transaction that decided on them to their delivery.
CREATE TABLE fichero_outbox (
  id {id} NOT NULL PRIMARY KEY,
  kind {text} NOT NULL,
  at {time} NOT NULL,
  recipients {json} NOT NULL,
  subject {text},
  headers {json} NOT NULL,
  body {text} NOT NULL,
  command {id},
  state {text} NOT NULL,
  settled_at {time},
  error {text}
){rows};
CREATE INDEX fichero_outbox_waiting ON fichero_outbox (id) WHERE state = 'waiting';

CREATE TABLE fichero_sequence (
  key {text} NOT NULL,
  period {text} NOT NULL,
  next {integer} NOT NULL,
  PRIMARY KEY (key, period)
){keyed};

CREATE TABLE fichero_password (account {id} NOT NULL PRIMARY KEY, hash {text} NOT NULL, changed_at {time} NOT NULL){keyed};

CREATE TABLE fichero_session (
  token_hash {bytes} NOT NULL PRIMARY KEY,
  account {id} NOT NULL,
  csrf {bytes} NOT NULL,
  created_at {time} NOT NULL,
  seen_at {time} NOT NULL,
  expires_at {time} NOT NULL
){keyed};
CREATE INDEX fichero_session_account ON fichero_session (account);
CREATE INDEX fichero_session_expires ON fichero_session (expires_at);

CREATE TABLE fichero_token (
  id {id} NOT NULL PRIMARY KEY,
  token_hash {bytes} NOT NULL UNIQUE,
  account {id} NOT NULL,
  name {text} NOT NULL,
  created_at {time} NOT NULL,
  expires_at {time},
  used_at {time}
){rows};
CREATE INDEX fichero_token_account ON fichero_token (account);

-- Failed attempts to log in since the last success, by what was typed or where it came from.
CREATE TABLE fichero_login (
  who {text} NOT NULL PRIMARY KEY,
  failures {integer} NOT NULL,
  last_at {time} NOT NULL
){keyed};

CREATE TABLE fichero_idempotency (
  actor {text} NOT NULL,
  path {text} NOT NULL,
  key {text} NOT NULL,
  request_hash {bytes} NOT NULL,
  at {time} NOT NULL,
  status {integer},
  headers {json},
  body {bytes},
  PRIMARY KEY (actor, path, key)
){rows};
CREATE INDEX fichero_idempotency_at ON fichero_idempotency (at);

CREATE TABLE fichero_node (
  id {text} NOT NULL PRIMARY KEY,
  seen_at {time} NOT NULL,
  seq {integer} NOT NULL,
  ready {boolean} NOT NULL
){keyed};

CREATE TABLE fichero_import (
  batch {id} NOT NULL PRIMARY KEY,
  entity {text} NOT NULL,
  file {text} NOT NULL,
  mapping {text},
  actor {id},
  started_at {time} NOT NULL,
  ended_at {time},
  state {text} NOT NULL,
  reached {integer} NOT NULL,
  created {integer} NOT NULL,
  updated {integer} NOT NULL,
  rejected {integer} NOT NULL
){rows};

-- Which record a row of a data document became.
CREATE TABLE fichero_data_row (
  entity {text} NOT NULL,
  name {text} NOT NULL,
  record {id} NOT NULL,
  PRIMARY KEY (entity, name)
){keyed};

-- What the text of each row of a data document was when it was last given to its record, as a fingerprint by field.
CREATE TABLE fichero_data_print (
  document {text} NOT NULL,
  name {text} NOT NULL,
  fields {json} NOT NULL,
  PRIMARY KEY (document, name)
){keyed};
