-- Times are microseconds since 1970 in UTC; NULL is never. Columns that end in _ns are nanoseconds.
-- Sizes are bytes, -1 is unknown. reason and error are JSON. What is secret is sealed (internal/seal).

CREATE TABLE jobs (
  seq             INTEGER PRIMARY KEY, -- order of creation
  id              TEXT    NOT NULL,
  name            TEXT    NOT NULL,
  description     TEXT    NOT NULL,
  type            TEXT    NOT NULL,
  priority        TEXT    NOT NULL,
  state           TEXT    NOT NULL,
  owner_id        TEXT    NOT NULL,
  owner_name      TEXT    NOT NULL,
  client_pid      INTEGER NOT NULL,
  client_program  TEXT    NOT NULL,
  created         INTEGER,
  modified        INTEGER,
  completed       INTEGER,
  expires         INTEGER,
  ended           INTEGER,
  bytes_total     INTEGER NOT NULL,
  bytes_done      INTEGER NOT NULL,
  files_total     INTEGER NOT NULL,
  files_done      INTEGER NOT NULL,
  files_failed    INTEGER NOT NULL,
  reason          TEXT,
  error           TEXT,
  error_count     INTEGER NOT NULL,
  auto_complete   INTEGER NOT NULL,
  overwrite       INTEGER NOT NULL,
  rate_limit      INTEGER NOT NULL,
  retry_delay_ns  INTEGER NOT NULL,
  no_progress_ns  INTEGER NOT NULL,
  max_download_ns INTEGER NOT NULL,
  umask           INTEGER NOT NULL,
  next_file       INTEGER NOT NULL,
  unsized         INTEGER NOT NULL,
  bytes_sized     INTEGER NOT NULL,
  token           TEXT    NOT NULL,
  request         TEXT    NOT NULL,
  next_try        INTEGER,
  failed_from     INTEGER,
  active_ns       INTEGER NOT NULL,
  turn            INTEGER NOT NULL,
  warned          INTEGER NOT NULL,
  sweep           INTEGER NOT NULL,
  routed          INTEGER NOT NULL DEFAULT 0 -- 1: a row of routes belongs to it
) STRICT;

CREATE UNIQUE INDEX jobs_id ON jobs (id);
CREATE INDEX jobs_name ON jobs (name);
CREATE INDEX jobs_list ON jobs (state, priority);
CREATE INDEX jobs_turn ON jobs (state, priority, turn);
CREATE INDEX jobs_due ON jobs (state, next_try) WHERE next_try IS NOT NULL;
CREATE INDEX jobs_sweep ON jobs (turn) WHERE sweep = 1;
CREATE INDEX jobs_expiry ON jobs (warned, expires)
  WHERE expires IS NOT NULL AND state NOT IN ('acknowledged', 'cancelled');
CREATE INDEX jobs_removal ON jobs (ended)
  WHERE ended IS NOT NULL AND state IN ('acknowledged', 'cancelled');

-- The secrets a job was created with. They are a table of their own since jobs are rewritten often.
CREATE TABLE routes (
  job    INTEGER PRIMARY KEY REFERENCES jobs (seq),
  sealed BLOB NOT NULL
) STRICT;

-- Cleaned paths of folders. A path that is mounted anew is another folder but the same path.
CREATE TABLE paths (
  id   INTEGER PRIMARY KEY,
  path TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE folders (
  id       INTEGER PRIMARY KEY,
  path     INTEGER NOT NULL REFERENCES paths (id),
  given    TEXT NOT NULL, -- the path as it was given
  identity TEXT NOT NULL,
  volume   TEXT NOT NULL,
  UNIQUE (path, given, identity, volume)
) STRICT;

CREATE TABLE files (
  id               INTEGER PRIMARY KEY, -- seq of the job * 2^32 + index
  job              INTEGER GENERATED ALWAYS AS (id >> 32) VIRTUAL,
  idx              INTEGER GENERATED ALWAYS AS (id & 4294967295) VIRTUAL,
  url              TEXT    NOT NULL, -- without what may be secret
  secret           INTEGER NOT NULL, -- 1: something was, and sealed_url is the whole
  sealed_url       BLOB,
  folder           INTEGER NOT NULL REFERENCES folders (id),
  path             INTEGER NOT NULL, -- of the folder
  name             TEXT    NOT NULL,
  part             TEXT    NOT NULL,
  claimed          INTEGER NOT NULL, -- 1: nobody else may write this path and name
  state            TEXT    NOT NULL,
  bytes_total      INTEGER NOT NULL,
  bytes_done       INTEGER NOT NULL,
  etag             TEXT    NOT NULL,
  last_modified    TEXT    NOT NULL,
  date             TEXT    NOT NULL,
  modified         INTEGER,
  digest_algorithm TEXT    NOT NULL,
  digest_expected  TEXT    NOT NULL,
  digest_actual    TEXT    NOT NULL,
  error            TEXT,
  attempts         INTEGER NOT NULL,
  next_try         INTEGER,
  inode            TEXT    NOT NULL,
  -- The checkpoint; held is NULL when there is none.
  held             TEXT,             -- ranges of bytes, end exclusive: 0-16777216,33554432-50331648
  held_boot        TEXT    NOT NULL,
  held_etag        TEXT    NOT NULL,
  held_modified    TEXT    NOT NULL,
  held_date        TEXT    NOT NULL,
  held_total       INTEGER NOT NULL,
  held_hash        BLOB
) STRICT;

CREATE UNIQUE INDEX files_claim ON files (path, name) WHERE claimed = 1;
CREATE INDEX files_state ON files (state);
CREATE INDEX files_folder ON files (folder);

-- The record. AUTOINCREMENT keeps the sequence going when all were pruned.
CREATE TABLE events (
  seq        INTEGER PRIMARY KEY AUTOINCREMENT,
  time       INTEGER,
  type       TEXT    NOT NULL,
  job        TEXT    NOT NULL,
  file       INTEGER NOT NULL,
  state      TEXT    NOT NULL,
  from_state TEXT    NOT NULL,
  actor      TEXT    NOT NULL,
  error      TEXT
) STRICT;

-- Small values of the service itself.
CREATE TABLE meta (
  key   TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
