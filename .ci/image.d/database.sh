# A PostgreSQL for the image to talk to: TLS only, certified for localhost. Takes $scratch; gives
# $database, its folder, and the secrets in $scratch/secrets.
# shellcheck shell=bash disable=SC2154

database=$scratch/postgres

as_postgres() {
    (cd / && setpriv --reuid=postgres --regid=postgres --init-groups env --ignore-environment "$@")
}

make_certificate() {
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -noenc -days 2 \
        -subj /CN=localhost -addext subjectAltName=DNS:localhost \
        -keyout "$database/server.key" -out "$database/server.crt" 2>"$database/openssl.log"
    chown postgres: "$database"/server.*
    chmod 0600 "$database/server.key"
}

start_database() {
    local programs
    programs=$(postgres_bin)
    docker/secrets.sh "$scratch/secrets" >/dev/null
    install --directory --owner=postgres --mode=0755 "$database"
    install --owner=postgres --mode=0400 "$scratch/secrets/bootstrap-password" "$database/password"
    as_postgres "$programs/initdb" --pgdata="$database/data" --username=postgres --no-sync \
        --auth=scram-sha-256 --pwfile="$database/password" >"$database/initdb.log"
    make_certificate
    echo 'hostssl all all 127.0.0.1/32 scram-sha-256' >"$database/data/pg_hba.conf"
    as_postgres "$programs/pg_ctl" start --pgdata="$database/data" --wait --timeout=60 --silent \
        --log="$database/log" --options="-c listen_addresses=127.0.0.1 -c unix_socket_directories= \
            -c ssl=on -c ssl_cert_file=$database/server.crt -c ssl_key_file=$database/server.key \
            -c fsync=off"
}

stop_database() {
    if [[ -f $database/data/postmaster.pid ]]; then
        as_postgres "$(postgres_bin)/pg_ctl" stop --pgdata="$database/data" --mode=immediate --silent || true
    fi
}
