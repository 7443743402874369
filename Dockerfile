# The program in a container; compose.yaml runs it with all that it needs.
ARG PYTHON=3.13

# The build stage; only its virtual environment is kept.
FROM python:${PYTHON}-slim AS build
ENV UV_CACHE_DIR=/var/cache/uv UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never \
    NPM_CONFIG_CACHE=/var/cache/npm
RUN pip install --no-cache-dir uv==0.13.8
WORKDIR /src

# Install dependencies again only if pyproject.toml changes.
COPY pyproject.toml ./
RUN --mount=type=cache,target=/var/cache/uv \
    uv venv /opt/expertbook \
    && uv pip install --python /opt/expertbook --compile-bytecode --requirements pyproject.toml

# Build the web client (a build hook of the wheel) again only if its sources change. This
# wheel contains only the client and is not copied into the image.
COPY LICENSE ./
COPY schema/schema.graphql schema/
COPY web/client web/client
RUN --mount=type=cache,target=/var/cache/uv --mount=type=cache,target=/var/cache/npm \
    touch README.md \
    && uv build --wheel --out-dir /tmp/client

COPY README.md ./
COPY auth auth
COPY models models
COPY resolvers resolvers
COPY schema schema
COPY subscriptions subscriptions
COPY web web
RUN --mount=type=cache,target=/var/cache/uv \
    uv build --wheel --out-dir /tmp/wheel \
    && uv pip install --python /opt/expertbook --compile-bytecode --no-deps /tmp/wheel/*.whl

# The runtime: Python, the environment, and a user without write access.
FROM python:${PYTHON}-slim
RUN pip uninstall --yes --root-user-action ignore pip \
    && useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin expertbook
COPY --from=build /opt/expertbook /opt/expertbook
ENV PATH=/opt/expertbook/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    EXPERTBOOK_ENVIRONMENT=production \
    EXPERTBOOK_HOST=0.0.0.0 \
    EXPERTBOOK_PORT=8000
WORKDIR /opt/expertbook
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --start-interval=1s --retries=3 \
    CMD ["python", "-I", "-c", "from os import environ; from urllib.request import urlopen; urlopen(f'http://127.0.0.1:{environ[\"EXPERTBOOK_PORT\"]}/healthz', timeout=3)"]
# The program itself is the first process and gets the signals.
ENTRYPOINT ["expertbook"]
CMD ["serve"]
