# Kohorta's web, worker and beat: one image, the command decides.

FROM python:3.11-slim AS build
WORKDIR /srv/app
COPY requirements requirements
RUN python -m venv /srv/venv \
    && /srv/venv/bin/pip install --no-cache-dir --require-hashes -r requirements/runtime.txt
COPY . .
# polib compiles the translations; it stays in this stage.
RUN python -m venv /srv/build \
    && /srv/build/bin/pip install --no-cache-dir --require-hashes -r requirements/local.txt \
    && /srv/build/bin/python -c "from config.local.translations import compile_translations; compile_translations()"
RUN SECRET_KEY=unused DATABASE_URL=postgres://unused REDIS_URL=redis://unused \
    STATIC_ROOT=/srv/static /srv/venv/bin/python manage.py collectstatic --noinput \
    && rm -rf tests var requirements

FROM python:3.11-slim
RUN useradd --system --uid 10001 --home-dir /srv/app kohorta \
    && install -d -o kohorta -m 0700 /srv/media
COPY --from=build /srv/venv /srv/venv
COPY --from=build /srv/static /srv/static
COPY --from=build /srv/app /srv/app
ENV PATH=/srv/venv/bin:$PATH STATIC_ROOT=/srv/static MEDIA_ROOT=/srv/media \
    PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /srv/app
USER kohorta
EXPOSE 8000
STOPSIGNAL SIGTERM
CMD ["gunicorn", "config.wsgi:application", "--bind", "0.0.0.0:8000", "--worker-class", "gthread", "--workers", "2", "--threads", "8", "--worker-tmp-dir", "/dev/shm", "--timeout", "60", "--graceful-timeout", "30", "--no-control-socket", "--max-requests", "5000", "--max-requests-jitter", "500"]
