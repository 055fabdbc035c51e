#!/bin/sh
# Run once by the PostgreSQL image on an empty data directory: the database, its owner, and the application's role.
set -eu
psql --no-psqlrc -v ON_ERROR_STOP=1 -v owner="$OWNER_PASSWORD" -v application="$APPLICATION_PASSWORD" \
  --username "${POSTGRES_USER:-postgres}" --dbname postgres <<'SQL'
CREATE ROLE concordat_owner LOGIN PASSWORD :'owner';
CREATE ROLE concordat_app LOGIN PASSWORD :'application';
CREATE DATABASE concordat OWNER concordat_owner;
SQL
