# A PostgreSQL for the image to talk to: TLS only, certified for localhost. Takes $scratch; gives
# $database, its folder, and the secrets in $scratch/secrets.
# shellcheck shell=bash disable=SC2154

database=$scratch/postgres

as_postgres() {
    (cd / && setpriv --reuid=postgres --regid=postgres --init-groups env --ignore-environment "$@")
}

# By an authority: one certificate that is both is refused by the service's TLS library.
make_certificate() {
    local key=(-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -noenc)
    {
        openssl req -x509 "${key[@]}" -days 2 -subj '/CN=a test authority' \
            -keyout "$database/ca.key" -out "$database/ca.crt"
        openssl req "${key[@]}" -subj /CN=localhost -keyout "$database/server.key" -out "$database/server.csr"
        openssl x509 -req -days 2 -in "$database/server.csr" -out "$database/server.crt" \
            -CA "$database/ca.crt" -CAkey "$database/ca.key" -extfile <(echo subjectAltName=DNS:localhost)
    } 2>"$database/openssl.log"
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
