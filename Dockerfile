# syntax=docker/dockerfile:1
#
# One image for linux/amd64 and linux/arm64. On the machine it will run on (a Raspberry Pi 4 or 5
# with a 64-bit system included) a plain build is right:
#
#     docker build -t hoymiles-smiles .
#
# Both at once, the other one emulated, which takes its time:
#
#     docker buildx build --platform linux/amd64,linux/arm64 -t hoymiles-smiles .

# The dashboard is the same for every architecture: it is built once, by the builder's own.
FROM --platform=$BUILDPLATFORM node:22-slim AS web
WORKDIR /src/web
COPY web/package.json web/package-lock.json web/.npmrc ./
RUN npm ci --no-audit --no-fund
COPY docs/openapi.json /src/docs/openapi.json
COPY web ./
RUN npm run build

FROM rust:1.95-slim-bookworm AS build
ARG TARGETARCH
# release: builds soonest. dist: thin LTO, for images that many will run.
ARG PROFILE=release
WORKDIR /src
COPY . .
COPY --from=web /src/web/dist web/dist
# The compiled dependencies stay in the builder's cache, one per architecture. The program leaves
# the cache by `cp`, because a cache mount is no part of the image.
RUN --mount=type=cache,id=cargo-registry,target=/usr/local/cargo/registry,sharing=locked \
    --mount=type=cache,id=target,target=/target,sharing=locked \
    CARGO_TARGET_DIR="/target/${TARGETARCH:-native}" \
    cargo build --profile "$PROFILE" --locked -p hoymiles-smiles --features parquet \
    && cp "/target/${TARGETARCH:-native}/$PROFILE/hoymiles-smiles" /hoymiles-smiles \
    # A named volume takes its owner from the image.
    && mkdir /empty

FROM debian:bookworm-slim
LABEL org.opencontainers.image.title="Hoymiles S-Miles" \
      org.opencontainers.image.description="Reads Hoymiles gateways on the local network and keeps every reading." \
      org.opencontainers.image.source="https://github.com/hoymiles-smiles/hoymiles-smiles" \
      org.opencontainers.image.documentation="https://github.com/hoymiles-smiles/hoymiles-smiles/tree/main/docs" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.vendor="Hoymiles S-Miles contributors"

# Nothing is installed: root certificates and time zones are inside the program.
RUN groupadd --gid 10001 hoymiles \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /data --shell /usr/sbin/nologin hoymiles
COPY --from=build /hoymiles-smiles /usr/local/bin/hoymiles-smiles
COPY --from=build --chown=10001:10001 /empty /data
COPY LICENSE /usr/share/doc/hoymiles-smiles/LICENSE

USER 10001:10001
WORKDIR /data
# The outbox and, without PostgreSQL, the database.
ENV DATA_DIR=/data
# glibc keeps freed memory for every thread by itself, unless it is told not to.
ENV MALLOC_ARENA_MAX=2
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
    CMD ["hoymiles-smiles", "healthcheck"]
ENTRYPOINT ["hoymiles-smiles"]
