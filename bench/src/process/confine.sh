# Puts this process under limits and becomes the program. The arguments are a control group's folder or "-", the most
# data in KiB (RLIMIT_DATA) or "-", the processor to run on or "-", then the program and its own.
set -e
[ "$1" = - ] || echo "$$" >"$1/cgroup.procs"
[ "$2" = - ] || ulimit -d "$2"
processor=$3
shift 3
[ "$processor" = - ] || exec taskset -c "$processor" "$@"
exec "$@"
