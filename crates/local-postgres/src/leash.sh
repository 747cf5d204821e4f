# Outlives the process that holds the other end of standard input, and tidies up after it.
# $1 is the directory that it leaves behind, $2 the seconds that a fast shutdown may take.
directory=$1
patience=$2
file=$directory/data/postmaster.pid

# A signal meant for the terminal's foreground group, or for us by mistake, must not keep us from our work.
trap '' HUP INT QUIT TERM

# A word means that all has been tidied up; the end of input without one, that our owner is gone.
if read -r word; then exit 0; fi

# Waits until the server has ended, for so many seconds. The last that it does is to remove its file; its number may
# stay for longer where nobody reaps processes.
ended() {
    left=$1
    while [ -f "$file" ] && kill -0 "$pid" 2>/dev/null; do
        if [ "$left" -le 0 ]; then return 1; fi
        left=$((left - 1))
        sleep 1
    done
}

# The server writes its number into its directory a moment after it has been started.
if [ -d "$directory/data" ] && [ ! -f "$file" ]; then sleep 1; fi
pid=
if [ -f "$file" ]; then read -r pid <"$file"; fi

case $pid in
    '' | *[!0-9]*) ;;
    *)
        kill -s INT "$pid" 2>/dev/null
        if ! ended "$patience"; then
            kill -s QUIT "$pid" 2>/dev/null
            ended 15
        fi
        ;;
esac

# What is still writing below it ends when its directory is gone; then nothing more comes back.
tries=10
rm -rf -- "$directory" 2>/dev/null
while [ -e "$directory" ] && [ "$tries" -gt 0 ]; do
    tries=$((tries - 1))
    sleep 1
    rm -rf -- "$directory" 2>/dev/null
done
