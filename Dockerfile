# The command line in a container: docs/workflows.md#containers.
#
#   docker build --tag nucleoscope:0.1.0 .                                  the program alone
#   docker build --tag nucleoscope:0.1.0-workflow --target workflow .       with a shell, for Nextflow and Snakemake

# Rust's GNU target with the C library linked in (see xtask/src/dist.rs): the program needs no files of a distribution,
# so the image can be empty. The musl target would give the same, but musl's allocator is slow with several threads.
FROM rust:1.95.0-slim-bookworm AS build
WORKDIR /source
COPY . .
RUN cargo xtask dist --output /dist \
    && mkdir /nucleoscope \
    && tar --extract --gzip --file "$(echo /dist/*.tar.gz)" --directory /nucleoscope --strip-components=1

# Nextflow starts its tasks with bash, and measures them with ps.
FROM alpine:3.22 AS workflow
# The base image fixes the versions of its packages, to within their security updates.
# hadolint ignore=DL3018
RUN apk add --no-cache bash procps-ng
COPY --from=build /nucleoscope/nucleoscope /usr/local/bin/
COPY --from=build /nucleoscope/LICENSE-APACHE /nucleoscope/LICENSE-MIT /nucleoscope/THIRD-PARTY-LICENSES.txt /usr/share/doc/nucleoscope/
WORKDIR /data
USER 65532:65532
ENTRYPOINT ["/usr/local/bin/nucleoscope"]

FROM scratch
COPY --from=build /nucleoscope/nucleoscope /usr/local/bin/
COPY --from=build /nucleoscope/LICENSE-APACHE /nucleoscope/LICENSE-MIT /nucleoscope/THIRD-PARTY-LICENSES.txt /usr/share/doc/nucleoscope/
WORKDIR /data
USER 65532:65532
ENTRYPOINT ["/usr/local/bin/nucleoscope"]
