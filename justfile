# `just` alone lists what there is.

[private]
default:
    @just --list --unsorted

# Start the service with a PostgreSQL of its own; arguments go to `tenantry`
run *arguments:
    cargo run -- {{ arguments }}

# Run every test
test *arguments:
    cargo test --workspace {{ arguments }}

# Hold formatting, lints and the documentation to what CI asks
lint:
    bash .ci/run format clippy doc

# Measure: a quick set in five minutes, `just bench full` all, `just bench NAME…` some
bench *arguments:
    cargo build --release --package server --package bench
    "${CARGO_TARGET_DIR:-target}/release/bench" {{ arguments }}

# Open psql on the development database, or `just db reset`
db command="psql":
    cargo run -- db {{ command }}

# Write anew what docs/ has from the code: descriptions of both APIs, and the table of codes
docs:
    TENANTRY_WRITE_DOCS=1 cargo test --package server --test it generated::

# Write .sqlx anew after a query or a migration has changed
prepare:
    cargo run --quiet --package testkit --no-default-features --bin with-databases -- cargo sqlx prepare --workspace -- --all-targets

# Package a release binary as an image and try that out
image:
    .ci/image

# Do all that CI does, or some of it: `just ci clippy doc`
ci *steps:
    bash .ci/run {{ steps }}
