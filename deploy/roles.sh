#!/bin/sh
# Runs once, when PostgreSQL makes its cluster: one role that owns and migrates, one that the application connects as.
set -eu
psql --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres \
    --set owner_word="$(cat /run/secrets/database_owner_password)" \
    --set app_word="$(cat /run/secrets/database_app_password)" <<'SQL'
CREATE ROLE anjuan_owner LOGIN PASSWORD :'owner_word';
CREATE ROLE anjuan_app LOGIN PASSWORD :'app_word';
CREATE DATABASE anjuan OWNER anjuan_owner;
SQL
