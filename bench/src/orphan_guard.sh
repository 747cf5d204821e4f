# Runs a program that must not outlive the process that holds the other end of standard input: the end of that input
# ends it, with SIGTERM and GUARD_PATIENCE tenths of a second later (100 unless told) with SIGKILL. The arguments are the
# program and its own.
# GUARD_PID_FILE gets the program's process number; GUARD_CGROUP, the folder of its control group, is removed at the end.
exec 3<&0
"$@" </dev/null 3<&- &
child=$!
[ -z "${GUARD_PID_FILE-}" ] || echo "$child" >"$GUARD_PID_FILE"
{
    read -r _ <&3
    kill "$child"
    patience=${GUARD_PATIENCE-100}
    while [ "$patience" -gt 0 ] && kill -0 "$child"; do
        sleep 0.1
        patience=$((patience - 1))
    done
    kill -KILL "$child"
} >/dev/null 2>&1 &
watcher=$!
# What is meant for the program reaches it.
trap 'kill "$child" 2>/dev/null' INT TERM HUP
wait "$child"
status=$?
# A signal ends the wait and not the program.
while kill -0 "$child" 2>/dev/null; do
    wait "$child"
    status=$?
done
kill "$watcher" 2>/dev/null
[ -z "${GUARD_CGROUP-}" ] || rmdir "$GUARD_CGROUP" 2>/dev/null
exit "$status"
