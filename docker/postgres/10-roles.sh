#!/bin/sh
# Makes the owner of the tables and the role the app runs as, when the data directory is new.
# The passwords are read by psql from its environment, so that none stands in a process list.
set -eu

psql -v ON_ERROR_STOP=1 --username postgres --dbname postgres <<'SQL'
\getenv owner_password KOHORTA_OWNER_PASSWORD
\getenv app_password KOHORTA_APP_PASSWORD
CREATE ROLE kohorta_owner LOGIN CREATEDB NOSUPERUSER NOBYPASSRLS PASSWORD :'owner_password';
CREATE ROLE kohorta_app LOGIN NOCREATEDB NOSUPERUSER NOBYPASSRLS PASSWORD :'app_password';
CREATE DATABASE kohorta OWNER kohorta_owner;
REVOKE ALL ON DATABASE kohorta FROM PUBLIC;
GRANT CONNECT, TEMPORARY ON DATABASE kohorta TO kohorta_app;
SQL
