# Waits for the end of the process that holds the other end of standard input, then removes its directory, which is
# $1. If the process was killed, its server still runs there and is stopped first.
directory=$1
pid_file=$directory/data/postmaster.pid

# Ctrl-C reaches every process of the terminal, and must not end this one.
trap '' HUP INT QUIT TERM

while read -r _; do :; done

# An immediate shutdown: the data is removed anyway.
pid=
if [ -f "$pid_file" ]; then read -r pid <"$pid_file"; fi
case $pid in
    '' | *[!0-9]*) ;;
    *) kill -s QUIT "$pid" ;;
esac

# The server, or initdb, may still write. A server that has not written its file yet fails without its data.
tries=20
while rm -rf -- "$directory"; [ -e "$directory" ] && [ "$tries" -gt 0 ]; do
    tries=$((tries - 1))
    sleep 1
done
