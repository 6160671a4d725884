# syntax=docker/dockerfile:1
FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=docker
RUN deploy/release "${VERSION}" /release && mkdir -p /data && chown 65532:65532 /data

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /release/*/karussell /karussell
COPY --from=build /release/*/karussell.cdx.json /
COPY --from=build --chown=65532:65532 /data /data
USER 65532:65532
VOLUME /data
ENV KARUSSELL_DB=/data/karussell.db KARUSSELL_STATUS_LISTEN=127.0.0.1:8081
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s CMD ["/karussell", "health"]
ENTRYPOINT ["/karussell"]
CMD ["run"]
