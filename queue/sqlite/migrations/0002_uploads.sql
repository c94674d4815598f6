-- What files of upload jobs have beside those of others.
ALTER TABLE files ADD COLUMN upload TEXT;  -- JSON; NULL: it is no upload
ALTER TABLE files ADD COLUMN session BLOB; -- with the server, sealed; NULL: there is none
