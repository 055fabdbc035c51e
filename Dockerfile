# syntax=docker/dockerfile:1

# Browser assets, from the packages that package-lock.json pins.
FROM node:24-bookworm-slim AS assets
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund --ignore-scripts
COPY static ./static
RUN node static/build.mjs

# Python packages, hash-checked, in an environment that the last stage copies whole.
FROM python:3.12-slim-bookworm AS packages
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
COPY requirements/uv.txt requirements/base.txt /requirements/
RUN pip install --require-hashes -r /requirements/uv.txt \
    && uv venv --python "$(command -v python3)" /opt/concordat \
    && uv pip sync --python /opt/concordat/bin/python --require-hashes --no-cache --compile-bytecode /requirements/base.txt

FROM python:3.12-slim-bookworm
# The Debian release is fixed by the base image; its security updates are wanted without a change here.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-dejavu fonts-liberation \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --system --gid 10001 concordat \
    && useradd --system --uid 10001 --gid 10001 --home-dir /nonexistent --shell /usr/sbin/nologin concordat \
    && groupadd --system --gid 10002 notary \
    && useradd --system --uid 10002 --gid 10002 --home-dir /nonexistent --shell /usr/sbin/nologin notary \
    && install -d -o concordat -g concordat -m 0700 /var/lib/concordat /var/lib/concordat/documents /var/lib/seal \
    && install -d -o notary -g notary -m 0700 /var/lib/notary
ENV PATH=/opt/concordat/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    CONCORDAT_ENV=production \
    VAR_DIR=/var/lib/concordat \
    DOCUMENTS=/var/lib/concordat/documents \
    STATIC_ROOT=/app/staticfiles
WORKDIR /app
COPY --from=packages /opt/concordat /opt/concordat
COPY . .
COPY --from=assets /build/static/vendor ./static/vendor
RUN python -m compileall -q agencies agreements audit common config
# collectstatic reads the settings, which refuse to be read without these; none of them is kept.
RUN SECRET_KEY="$(python -c 'import secrets; print(secrets.token_urlsafe(64))')" ALLOWED_HOSTS=build.invalid \
    SITE_URL=https://build.invalid DATABASE_URL=postgresql://build.invalid/build BROKER_URL=redis://build.invalid:6379/0 \
    python manage.py collectstatic --no-input
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=4 \
    CMD ["python", "-m", "config.alive", "http://127.0.0.1:8000/healthz"]
CMD ["gunicorn", "config.wsgi", "--bind", "0.0.0.0:8000", "--worker-class", "gthread", "--workers", "2", "--threads", "8", "--graceful-timeout", "20", "--worker-tmp-dir", "/dev/shm", "--no-control-socket"]
