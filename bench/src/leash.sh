# Runs a program that must not outlive the process that holds the other end of standard input: the end of that input
# ends it. The arguments are the program and its own.
exec 3<&0
"$@" </dev/null 3<&- &
child=$!
{ read -r _ <&3; kill "$child"; } >/dev/null 2>&1 &
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
exit "$status"
