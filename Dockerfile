# The wheel is built in one image and runs in another, so that no build tool is left in the one that serves.
# Nothing comes in that has another hash than locks/ says.
FROM python:3.11-slim AS wheel
WORKDIR /source
COPY . .
RUN pip install --no-cache-dir --require-hashes --requirement locks/build.txt \
    && pip wheel --no-cache-dir --require-hashes --requirement locks/image.txt --wheel-dir /wheels \
    && pip wheel --no-cache-dir --no-build-isolation --no-deps --wheel-dir /wheels .

FROM python:3.11-slim
# The folder is the user's: a volume that is first mounted there is the user's as well.
RUN --mount=type=bind,from=wheel,source=/wheels,target=/wheels \
    pip install --no-cache-dir --no-index --find-links=/wheels 'scimbridge[database]' \
    && groupadd --system --gid 10001 scimbridge \
    && useradd --system --uid 10001 --gid 10001 --no-create-home --shell /usr/sbin/nologin scimbridge \
    && install --directory --owner=10001 --group=10001 --mode=0700 /var/lib/scimbridge
USER 10001
# Of a container nobody outside reaches 127.0.0.1. It is a setting and no option, so that whoever runs the image says
# another one in the same way: --env SCIMBRIDGE_HOST=::
ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 SCIMBRIDGE_HOST=0.0.0.0
EXPOSE 8080
STOPSIGNAL SIGTERM
# It finds the bridge by itself: at any port, with TLS and without.
HEALTHCHECK --interval=30s --timeout=6s --start-period=10s --retries=3 CMD ["scimbridge", "health"]
CMD ["scimbridge", "serve"]
