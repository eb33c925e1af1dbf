# The bot with its pinned requirements; the store is a folder that the agents' containers mount too.
FROM python:3.13-slim AS build
WORKDIR /src
COPY requirements.txt requirements-build.txt ./
RUN python -m venv /opt/openab-auth \
 && /opt/openab-auth/bin/pip install --no-cache-dir --require-hashes -r requirements.txt \
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

FROM python:3.13-slim
# The agents run as this user too: a token file of mode 0600 is read by its owner alone.
RUN useradd --uid 1000 --create-home agent
COPY --from=build /opt/openab-auth /opt/openab-auth
ENV PATH=/opt/openab-auth/bin:$PATH PYTHONUNBUFFERED=1
USER agent
WORKDIR /home/agent
# The config is looked for at /etc/openab-auth/config.toml.
# Made here so that a fresh volume mounted on it belongs to the agent.
RUN mkdir -p -m 0700 /home/agent/.openab/agent
VOLUME /home/agent/.openab/agent
STOPSIGNAL SIGTERM
ENTRYPOINT ["openab-auth"]
CMD ["run"]
