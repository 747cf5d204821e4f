# The image: how it is built, and what has to be in it. Takes $scratch and $binary; gives $rootfs,
# the image's files, and $settings, its configuration as JSON.
# shellcheck shell=bash disable=SC2154

store() {
    buildah --root "$scratch/images" --runroot "$scratch/images-run" --storage-driver vfs "$@"
}

# What docker/Dockerfile asks of a base, and nothing else: the C library and libgcc as this
# machine's packages have them, the CA certificates, and the names of two users.
assemble_base() {
    local base=$scratch/base
    mkdir -p "$base"/{etc/ssl/certs,tmp,proc,sys,dev,run}
    dpkg --listfiles libc6 libgcc-s1 | grep -E '/(ld-linux[^/]*|lib[a-z_]+)\.so\.[0-9.]+$' |
        tar --create --dereference --files-from=- 2>/dev/null |
        tar --extract --directory="$base"
    cp --dereference /etc/ssl/certs/ca-certificates.crt "$base/etc/ssl/certs/"
    printf '%s\n' root:x:0:0:root:/:/sbin/nologin nonroot:x:65532:65532:nonroot:/:/sbin/nologin \
        >"$base/etc/passwd"
    local container
    container=$(store from scratch)
    store add --quiet "$container" "$base" / >/dev/null
    store commit --quiet --rm "$container" localhost/tenantry-base >/dev/null
}

build_image() {
    mkdir "$scratch/context"
    install --mode=0755 "$binary" "$scratch/context/tenantry"
    assemble_base
    store build --quiet --isolation chroot --pull-never --file docker/Dockerfile --target package \
        --build-arg RUNTIME_IMAGE=localhost/tenantry-base \
        --tag localhost/tenantry "$scratch/context" >/dev/null
    rootfs=$(store mount "$(store from --pull-never localhost/tenantry)")
    settings=$(store inspect --type image localhost/tenantry | jq '.OCIv1.config')
}

setting() {
    [[ $(jq --raw-output --compact-output "$1" <<<"$settings") == "$2" ]]
}

files_of() {
    (cd "$1" && find . -type f | sort)
}

adds_one_file() {
    [[ $(comm -13 <(files_of "$scratch/base") <(files_of "$rootfs")) == ./usr/local/bin/tenantry ]]
}

no_file_grants_rights() {
    [[ -z $(find "$rootfs" -xdev -perm /6000) ]]
}

check_image() {
    check 'runs as a user that is not root, by number' setting .User 65532:65532
    check 'starts the service by default' setting '[.Entrypoint, .Cmd]' '[["/usr/local/bin/tenantry"],["serve"]]'
    check 'stops at SIGTERM' setting .StopSignal SIGTERM
    check 'is of the production profile' setting 'any(.Env[]; . == "TENANTRY_PROFILE=production")' true
    check 'names both ports' setting '.ExposedPorts | keys' '["8080/tcp","8081/tcp"]'
    check 'says what it is' setting '.Labels["org.opencontainers.image.title"]' tenantry
    check 'adds one file to its base' adds_one_file
    check 'holds no file that grants rights' no_file_grants_rights
}
