#!/bin/sh
# Makes the secrets that compose.yaml and deploy/kubernetes/example read as files.
#
#   docker/secrets.sh [FOLDER]        FOLDER is docker/secrets unless told
#
# What is there already stays as it is. Compose mounts the files with their owner and mode: it
# learns from docker/.env as which user the service has to run to read them.
set -eu
umask 077

here=$(cd "$(dirname "$0")" && pwd)
folder=${1:-$here/secrets}
mkdir -p "$folder"

# keep_or_make NAME COMMAND…: a file with the output of the command, unless there is one.
keep_or_make() {
    file=$folder/$1
    shift
    if [ -s "$file" ]; then
        echo "kept $file"
    else
        "$@" >"$file"
        echo "made $file"
    fi
}

# 256 random bits.
hexadecimal() {
    head -c 32 /dev/urandom | od -An -v -tx1 | tr -d ' \n'
}

# A key ring of one key, named by the month.
key_ring() {
    id=$(date -u +%Y-%m)
    key=$(head -c 32 /dev/urandom | base64)
    printf '{ "format": 1, "current": "%s", "keys": [{ "id": "%s", "key": "%s" }] }\n' "$id" "$id" "$key"
}

for name in bootstrap-password migrator-password service-password admin-token; do
    keep_or_make "$name" hexadecimal
done
keep_or_make key-ring key_ring

# The rest is for compose.
[ $# -eq 0 ] || exit 0

# The service has no right over files of other users, so it runs as their owner. Where that is
# root, they are given to the image's user; under rootless Docker the container's root is you.
if [ "$(id -u)" -eq 0 ]; then
    user=65532:65532
    chown -R "$user" "$folder"
elif docker info --format '{{.SecurityOptions}}' 2>/dev/null | grep -q rootless; then
    user=0:0
else
    user=$(id -u):$(id -g)
fi
if ! grep -qs '^TENANTRY_USER=' "$here/.env"; then
    echo "TENANTRY_USER=$user" >>"$here/.env"
fi
echo "compose runs the service as $(grep '^TENANTRY_USER=' "$here/.env")"
