# The one image that every part of Faultmart is started from; docs/containers.md says how.

FROM rust:1.95.0-slim-bookworm AS builder
# `dist` is what is shipped; `--build-arg PROFILE=release` builds in a third of the time.
ARG PROFILE=dist
WORKDIR /source
COPY . .
# The caches make a second build take what changed, not everything.
RUN --mount=type=cache,target=/usr/local/cargo/registry,sharing=locked \
    --mount=type=cache,target=/target,sharing=locked \
    cargo install --locked --path . --profile "$PROFILE" --target-dir /target --root /installed

# The same Debian as the builder's, for the same C library.
FROM debian:12.14-slim
# The folder is open to all, so that `docker run --user` can keep a run's results and its seed cache in it.
RUN groupadd --gid 10001 faultmart \
    && useradd --uid 10001 --gid faultmart --home-dir /var/lib/faultmart --no-create-home faultmart \
    && install --directory --mode 1777 /var/lib/faultmart
COPY --from=builder /installed/bin/faultmart /usr/local/bin/faultmart
ENV HOME=/var/lib/faultmart
USER 10001:10001
WORKDIR /var/lib/faultmart
ENTRYPOINT ["faultmart"]
