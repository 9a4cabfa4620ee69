#!/bin/sh
# silent.sh [BUILD]: an office on two servers, of which the first freezes (SIGSTOP) with connections
# open and the second is promoted. The worker must leave the frozen one by itself, its act must be
# on the second, and nothing acknowledged before may be missing.
#     test/pg/silent.sh build
set -eu

build=${1:-build}
program=$build/phoihop
bin=${PG_BIN:-/usr/lib/postgresql/15/bin}
dir=$(mktemp -d /tmp/phoihop-silent-XXXXXX)
chmod 755 "$dir"
a= b= worker=

as() { # the server's user; PostgreSQL refuses root
    drop=
    [ "$(id -u)" != 0 ] || drop="--reuid=nobody --regid=nogroup --clear-groups"
    # shellcheck disable=SC2086
    (cd "$dir" && exec setpriv $drop --pdeathsig INT -- "$@")
}
signal() { # SIGNAL POSTMASTER: and all its processes
    for pid in "$2" $(ps -o pid= --ppid "$2"); do kill -"$1" "$pid" 2>/dev/null || true; done
}
finish() {
    status=$?
    trap - EXIT INT TERM
    [ -z "$worker" ] || kill -TERM "$worker" 2>/dev/null || true
    for server in $a $b; do
        signal CONT "$server"
        kill -INT "$server" 2>/dev/null || true
    done
    wait
    [ "$status" = 0 ] || tail -n 20 "$dir"/*.log >&2
    rm -rf "$dir"
    exit "$status"
}
trap finish EXIT
trap 'exit 130' INT TERM

ask() { psql -h "$dir/$1" -U phoihop -d postgres -Atqc "$2" 2>/dev/null; }
wait_for() { # SERVER QUESTION: until the answer is t
    timeout 60 sh -c 'until [ "$(psql -h "$1" -U phoihop -d postgres -Atqc "$2" 2>/dev/null)" = t ]
        do :; done' - "$dir/$1" "$2"
}
start() { # NAME
    as "$bin/postgres" -D "$dir/$1.data" -c unix_socket_directories="$dir/$1" \
        >"$dir/$1.log" 2>&1 &
}
write() { timeout 40 "$program" act "$dir/vpcp" --as cv note.write "title=$1" >/dev/null; }

mkdir "$dir/a" "$dir/b"
[ "$(id -u)" != 0 ] || chown nobody "$dir" "$dir/a" "$dir/b"
as "$bin/initdb" --pgdata="$dir/a.data" --username=phoihop --auth=trust --encoding=UTF8 \
    --locale=C.UTF-8 --no-sync >"$dir/initdb.log" 2>&1
echo "listen_addresses = ''" >>"$dir/a.data/postgresql.conf"
start a
wait_for a "SELECT true"
a=$(head -n 1 "$dir/a.data/postmaster.pid")
as "$bin/pg_basebackup" -h "$dir/a" -U phoihop -D "$dir/b.data" --checkpoint=fast -R \
    >"$dir/basebackup.log" 2>&1
start b
wait_for b "SELECT pg_is_in_recovery()"
b=$(head -n 1 "$dir/b.data/postmaster.pid")
ask a "ALTER SYSTEM SET synchronous_standby_names = '*'"
ask a "SELECT pg_reload_conf()" >/dev/null
wait_for a "SELECT sync_state = 'sync' FROM pg_stat_replication"

"$program" init "$dir/vpcp" --office VPCP --name "Văn phòng Chính phủ" --port 21961 \
    --wire-address 127.0.0.1 --wire-port 21962 \
    --store "postgres://phoihop@/postgres?host=$dir/a,$dir/b&connect_timeout=2" >/dev/null
"$program" user add "$dir/vpcp" --login cv --title "Chuyên viên" --roles officer \
    --password mat-khau-thu >/dev/null
mkfifo "$dir/ready"
exec 8<>"$dir/ready"
"$program" serve "$dir/vpcp" --ready-fd 8 >"$dir/serve.log" 2>&1 &
worker=$!
timeout 30 head -n 1 <&8 | grep -q '"ready":true'
write "Trước"

signal STOP "$a"
ask b "SELECT pg_promote()" >/dev/null
write "Sau"
[ "$(ask b "SELECT count(*) FROM k_note_note WHERE title IN ('Trước', 'Sau')")" = 2 ]
signal KILL "$a"
kill -TERM "$worker"
wait "$worker"
worker=
"$program" check "$dir/vpcp" | grep -q '"equal":true'
echo "1 passed, 0 failed"
