# The image, started: what an operator does with it, from the empty databases to SIGTERM. Takes
# $scratch and what image.sh and database.sh give.
# shellcheck shell=bash disable=SC2154

runtime() {
    runc --root "$scratch/containers" "$@"
}

# bundle NAME COMMAND [VARIABLE=VALUE…]: what runc starts. User, environment and entry point are
# the image's own; the limits are those that deploy/kubernetes sets.
bundle() {
    local name=$1 command=$2
    shift 2
    mkdir -p "$scratch/bundles/$name"
    runc spec --bundle "$scratch/bundles/$name"
    jq --arg root "$rootfs" --arg etc "$scratch/etc" --arg secrets "$scratch/mounted" \
        --arg command "$command" --argjson image "$settings" '
        .root = { path: $root, readonly: true }
        | .process.terminal = false
        | .process.args = $image.Entrypoint + [$command]
        | .process.env = $image.Env + $ARGS.positional
        | .process.user = ($image.User / ":" | { uid: (.[0] | tonumber), gid: (.[1] | tonumber) })
        | .process.cwd = $image.WorkingDir
        | .process.capabilities = {}
        | .process.noNewPrivileges = true
        | .linux.namespaces |= map(select(.type != "network"))
        | .mounts |= map(select(.type != "cgroup"))
        | .mounts += [
            { destination: "/etc/hosts", source: ($etc + "/hosts") },
            { destination: "/run/secrets", source: $secrets }
            | .type = "bind" | .options = ["bind", "ro"]
          ]' "$scratch/bundles/$name/config.json" --args "$@" >"$scratch/bundles/$name/new.json"
    mv "$scratch/bundles/$name/new.json" "$scratch/bundles/$name/config.json"
}

# once NAME: runs a bundle to its end, which has to come within two minutes.
once() {
    local code=0
    timeout 120 runc --root "$scratch/containers" run --bundle "$scratch/bundles/$1" "$1" || code=$?
    # Of one that ran out of time something may be left.
    runtime delete --force "$1" 2>/dev/null
    return "$code"
}

# in_background NAME: starts a bundle; what it says and its exit code end up in files.
in_background() {
    {
        local code=0
        runtime run --bundle "$scratch/bundles/$1" "$1" &>"$scratch/service.log" || code=$?
        echo "$code" >"$scratch/exit-code"
    } &
}

stop_containers() {
    local name
    for name in $(runtime list --quiet 2>/dev/null); do
        runtime delete --force "$name" || true
    done
}

# within SECONDS COMMAND…: tries until it succeeds.
within() {
    local end=$((SECONDS + $1))
    shift
    until "$@"; do
        ((SECONDS < end)) || return 1
        sleep 0.2
    done
}

request() {
    curl --silent --show-error --max-time 20 --fail-with-body "$@"
}

up() {
    request --output /dev/null "http://127.0.0.1:8081$1" 2>/dev/null
}

create_tenant() {
    tenant=$(request --header @"$scratch/authorization" --json '{"name":"acme"}' \
        http://127.0.0.1:8081/admin/v1/tenants | jq --raw-output --exit-status .id)
}

users() {
    request --header "x-tenant-id: ${tenant-}" "$@" http://127.0.0.1:8080/v1/internal/users
}

creates_a_user() {
    [[ $(users --json '{"name":"Ada Lovelace"}' | jq --raw-output .name) == 'Ada Lovelace' ]]
}

lists_the_user() {
    [[ $(users | jq --compact-output '[.items[].name]') == '["Ada Lovelace"]' ]]
}

names_what_is_missing() {
    local said
    said=$(once bare 2>&1) && return 1
    [[ $said == *control_store.host* && $said == *data_cluster.host* && $said == *keys.ring_file* ]]
}

# The service's own deadlines are 25 s together; nothing is under way here.
ends_well() {
    runtime kill tenantry TERM
    within 15 test -s "$scratch/exit-code" && [[ $(<"$scratch/exit-code") == 0 ]]
}

says_no_secret() {
    local secret
    for secret in "$scratch"/secrets/*-password "$scratch/secrets/admin-token"; do
        grep --quiet --fixed-strings --file="$secret" "$scratch/service.log" && return 1
    done
    [[ -s $scratch/service.log ]]
}

prepare_mounts() {
    install --directory --owner=65532 --mode=0500 "$scratch/mounted"
    install --owner=65532 --mode=0400 "$scratch"/secrets/* "$scratch/mounted"
    install --mode=0444 "$database/ca.crt" "$scratch/mounted/ca.crt"
    mkdir "$scratch/etc"
    echo '127.0.0.1 localhost' >"$scratch/etc/hosts"
    (umask 077 && echo "authorization: Bearer $(<"$scratch/secrets/admin-token")" >"$scratch/authorization")
}

check_service() {
    local section service=() migrator=()
    for section in CONTROL_STORE DATA_CLUSTER; do
        service+=("TENANTRY_${section}__HOST=localhost"
            "TENANTRY_${section}__TLS_CA_FILE=/run/secrets/ca.crt"
            "TENANTRY_${section}__SERVICE_PASSWORD_FILE=/run/secrets/service-password")
        migrator+=("TENANTRY_${section}__MIGRATOR_PASSWORD_FILE=/run/secrets/migrator-password"
            "TENANTRY_${section}__BOOTSTRAP_USER=postgres"
            "TENANTRY_${section}__BOOTSTRAP_PASSWORD_FILE=/run/secrets/bootstrap-password")
    done
    prepare_mounts
    bundle version --version
    bundle bare serve
    bundle migrate migrate "${service[@]}" "${migrator[@]}"
    bundle tenantry serve "${service[@]}" TENANTRY_KEYS__RING_FILE=/run/secrets/key-ring \
        TENANTRY_ADMIN_PLANE__TOKEN_FILE=/run/secrets/admin-token

    check 'tells its version' once version
    check 'names every setting that is missing' names_what_is_missing
    check 'migrates' once migrate
    check 'migrates again' once migrate

    in_background tenantry
    check 'is alive' within 60 up /livez
    check 'is ready' within 60 up /readyz
    check 'creates a tenant' create_tenant
    check 'creates a user of the tenant' creates_a_user
    check 'lists the user' lists_the_user
    check 'ends with 0 at SIGTERM' ends_well
    check 'logs, but none of its secrets' says_no_secret
    ((failed == 0)) || tail -n 50 "$scratch/service.log"
}
