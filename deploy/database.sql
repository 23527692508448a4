-- Makes the two roles and the database of one installation. Run by psql as a superuser; running it again changes nothing.
-- aisle_owner owns the tables and migrates them; aisle_app does everything else and owns nothing.
\set ON_ERROR_STOP on

SELECT 'CREATE ROLE aisle_owner LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEROLE CREATEDB'
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'aisle_owner') \gexec
SELECT 'CREATE ROLE aisle_app LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEROLE NOCREATEDB'
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'aisle_app') \gexec

-- Databases made from the template, as the tests do, have the extension although only a superuser may create it.
\connect template1
CREATE EXTENSION IF NOT EXISTS vector;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;

SELECT 'CREATE DATABASE aisle OWNER aisle_owner'
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'aisle') \gexec
\connect aisle
CREATE EXTENSION IF NOT EXISTS vector;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
