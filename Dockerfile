# The wheel is built in one image and runs in another, so that no build tool is left in the one that serves.
# Nothing comes in that has another hash than locks/ says.
FROM python:3.11-slim AS wheel
WORKDIR /source
COPY . .
RUN pip install --no-cache-dir --require-hashes --requirement locks/build.txt \
    && pip wheel --no-cache-dir --require-hashes --requirement locks/image.txt --wheel-dir /wheels \
    && pip wheel --no-cache-dir --no-build-isolation --no-deps --wheel-dir /wheels .

FROM python:3.11-slim
RUN --mount=type=bind,from=wheel,source=/wheels,target=/wheels \
    pip install --no-cache-dir --no-index --find-links=/wheels 'scimbridge[database]' \
    && useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin scimbridge
USER 10001
ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s --retries=3 \
    CMD ["python", "-c", "import urllib.request as u; u.build_opener(u.ProxyHandler({})).open('http://127.0.0.1:8080/health/live', timeout=4)"]
CMD ["scimbridge", "serve", "--host", "0.0.0.0"]
