# The bot with its pinned requirements; the store is a folder that the agents' containers mount too.
# Tag and digest name the same base: change both together, in both places.
FROM python:3.13.15-slim-trixie@sha256:7c61056e61ac89e852de05f3dc6fa51a6dd2181797bceed46aa725dd7cb2cd3b AS build
WORKDIR /src
COPY requirements-service.txt requirements-build.txt ./
RUN python -m venv /opt/openab-auth \
 && /opt/openab-auth/bin/pip install --no-cache-dir --require-hashes -r requirements-service.txt \
 && python -m venv /opt/build \
 && /opt/build/bin/pip install --no-cache-dir --require-hashes -r requirements-build.txt
COPY pyproject.toml README.md LICENSE ./
# openab_auth/ holds relative links to the other four, so they lie beside it.
COPY openab_auth openab_auth
COPY bot bot
COPY cogs cogs
COPY oauth oauth
COPY storage storage
RUN /opt/build/bin/python -m hatchling build -t wheel \
 && /opt/openab-auth/bin/pip install --no-cache-dir --no-deps dist/*.whl

FROM python:3.13.15-slim-trixie@sha256:7c61056e61ac89e852de05f3dc6fa51a6dd2181797bceed46aa725dd7cb2cd3b
# The agents run as this user too: a token file of mode 0600 is read by its owner alone.
ARG UID=1000
ARG GID=1000
# The folders are made here so that a fresh volume mounted on one of them belongs to the agent.
RUN groupadd --gid "$GID" agent && useradd --uid "$UID" --gid "$GID" --create-home agent \
 && install -d -o agent -g agent -m 0755 /run/openab-auth \
 && install -d -o agent -g agent -m 0700 /home/agent/.openab /home/agent/.openab/agent
COPY --from=build /opt/openab-auth /opt/openab-auth
# Says where probes are answered. Mount a config of your own over it.
COPY deploy/container/config.toml /etc/openab-auth/config.toml
# MALLOC_ARENA_MAX: glibc would keep the memory of threads that have ended.
ENV PATH=/opt/openab-auth/bin:$PATH PYTHONUNBUFFERED=1 MALLOC_ARENA_MAX=1
USER agent
WORKDIR /home/agent
VOLUME /home/agent/.openab/agent
STOPSIGNAL SIGTERM
# `serve` needs its own: openab-auth health --for broker
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s CMD ["openab-auth", "health", "--for", "bot"]
ENTRYPOINT ["openab-auth"]
CMD ["run"]
