# The image: `make image`, after `make dist`. Everything is pinned by requirements.lock with its hashes, so without gRPC.
FROM python:3.13-slim AS build
COPY requirements.lock /build/
# --no-deps: the lock is complete, and what release/excludes.txt names stays out.
RUN python -m venv --without-pip /opt/shema && \
    pip --python /opt/shema/bin/python install --no-cache-dir --no-deps --only-binary :all: --require-hashes \
        --requirement /build/requirements.lock
COPY dist/*.whl /build/
RUN pip --python /opt/shema/bin/python install --no-cache-dir --no-deps /build/*.whl

FROM python:3.13-slim
COPY --from=build /opt/shema /opt/shema
RUN useradd --create-home --uid 10001 shema
ENV PATH=/opt/shema/bin:$PATH
USER 10001
WORKDIR /home/shema
ENTRYPOINT ["shema"]
CMD ["--help"]
