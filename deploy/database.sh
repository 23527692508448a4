#!/bin/bash
# Run once by the database container, on an empty volume: the roles, their passwords and the database.
set -euo pipefail
psql --no-psqlrc --username "$POSTGRES_USER" --dbname postgres --file /aisle/database.sql
psql --no-psqlrc --username "$POSTGRES_USER" --dbname postgres --set ON_ERROR_STOP=1 \
    --set owner="$AISLE_OWNER_PASSWORD" --set app="$AISLE_APP_PASSWORD" \
    --set backup="$AISLE_BACKUP_PASSWORD" <<'SQL'
ALTER ROLE aisle_owner PASSWORD :'owner';
ALTER ROLE aisle_app PASSWORD :'app';
ALTER ROLE aisle_backup PASSWORD :'backup';
SQL
