-- Makes the roles and the database of one installation. Run by psql as a superuser; running it again changes nothing.
-- aisle_owner owns the tables and migrates them; aisle_app does everything else and owns nothing; aisle_backup reads
-- the rows of every shop for `manage.py backup` and can write none.
\set ON_ERROR_STOP on

SELECT 'CREATE ROLE aisle_owner LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEROLE CREATEDB'
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'aisle_owner') \gexec
SELECT 'CREATE ROLE aisle_app LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEROLE NOCREATEDB'
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'aisle_app') \gexec
SELECT 'CREATE ROLE aisle_backup LOGIN NOSUPERUSER BYPASSRLS NOCREATEROLE NOCREATEDB'
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'aisle_backup') \gexec
GRANT pg_read_all_data TO aisle_backup;
ALTER ROLE aisle_backup SET default_transaction_read_only = on;

-- Databases made from the template, as the tests do, have the extension although only a superuser may create it.
\connect template1
CREATE EXTENSION IF NOT EXISTS vector;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;

SELECT 'CREATE DATABASE aisle OWNER aisle_owner'
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'aisle') \gexec
\connect aisle
CREATE EXTENSION IF NOT EXISTS vector;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
