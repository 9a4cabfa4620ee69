#!/bin/sh
# restore.sh [BUILD]: backup and point-in-time restore of an office on PostgreSQL, as
# docs/operators.md tells it: archive of the WAL, base backup, acts, a named point, more acts; then
# the office of that point runs from the restored copy and `check` says it is equal.
#     test/pg/restore.sh build
set -eu

build=${1:-build}
program=$build/phoihop
bin=${PG_BIN:-/usr/lib/postgresql/15/bin}
dir=$(mktemp -d /tmp/phoihop-restore-XXXXXX)
chmod 755 "$dir"
server=

# The server's user; PostgreSQL refuses root.
as() {
    if [ "$(id -u)" = 0 ]; then
        (cd "$dir" && exec setpriv --reuid=nobody --regid=nogroup --clear-groups --pdeathsig INT \
            -- "$@")
    else
        (cd "$dir" && exec setpriv --pdeathsig INT -- "$@")
    fi
}

stop() {
    [ -n "$server" ] || return 0
    kill -INT "$(head -n 1 "$1/postmaster.pid")" 2>/dev/null || true
    wait "$server" 2>/dev/null || true
    server=
}
data=$dir/data
finish() {
    status=$?
    trap - EXIT INT TERM
    stop "$data"
    [ "$status" = 0 ] || tail -n 40 "$dir"/*.log >&2
    rm -rf "$dir"
    exit "$status"
}
trap finish EXIT
trap 'exit 130' INT TERM

start() { # DATA: and waits until it takes writes
    as "$bin/postgres" -D "$1" >"$dir/server.log" 2>&1 &
    server=$!
    timeout 60 sh -c 'until [ "$(psql -h "$1" -U phoihop -d postgres -Atc \
        "SELECT pg_is_in_recovery()" 2>/dev/null)" = f ]; do kill -0 "$2" || exit 1; done' \
        - "$dir/run" "$server"
}
ask() { psql -h "$dir/run" -U phoihop -d postgres -Atqc "$1"; }
versions() {
    "$program" check "$dir/vpcp" | sed -n 's/.*"equal":true,"versions":\([0-9]*\).*/\1/p'
}
write() { "$program" act "$dir/vpcp" --as cv note.write "title=$1" >/dev/null; }

mkdir "$dir/run" "$dir/archive" "$dir/base"
chmod 700 "$dir/run" "$dir/archive" "$dir/base"
[ "$(id -u)" != 0 ] || chown nobody "$dir" "$dir/run" "$dir/archive" "$dir/base"
as "$bin/initdb" --pgdata="$data" --username=phoihop --auth=trust --encoding=UTF8 \
    --locale=C.UTF-8 --data-checksums --no-sync >"$dir/initdb.log" 2>&1
cat >>"$data/postgresql.conf" <<END
listen_addresses = ''
unix_socket_directories = '$dir/run'
unix_socket_permissions = 0700
archive_mode = on
archive_command = 'test ! -f $dir/archive/%f && cp %p $dir/archive/%f'
END
start "$data"

# An office, a base backup, and what it does afterwards.
"$program" init "$dir/vpcp" --office VPCP --name "Văn phòng Chính phủ" \
    --store "postgres://phoihop@/postgres?host=$dir/run" >/dev/null
"$program" user add "$dir/vpcp" --login cv --title "Chuyên viên" --roles officer \
    --password mat-khau-thu >/dev/null
write "Trước bản sao"
as "$bin/pg_basebackup" -h "$dir/run" -U phoihop -D "$dir/base" --checkpoint=fast -X none \
    >"$dir/basebackup.log" 2>&1
write "Sau bản sao"
write "Trước mốc"
wanted=$(versions)
ask "SELECT pg_create_restore_point('before_the_mistake')" >/dev/null
write "Sau mốc"
[ "$(versions)" -gt "$wanted" ]
ask "SELECT pg_switch_wal()" >/dev/null
last=$(ask "SELECT pg_walfile_name(pg_current_wal_lsn() - 1)")
timeout 30 sh -c 'until psql -h "$1" -U phoihop -d postgres -Atc \
    "SELECT last_archived_wal >= '"'$last'"' FROM pg_stat_archiver" | grep -q t; do :; done' \
    - "$dir/run"

# The machine is lost: the copy and the archive are all there is.
stop "$data"
rm -rf "$data"
data=$dir/base
cat >>"$data/postgresql.conf" <<END
restore_command = 'cp $dir/archive/%f %p'
recovery_target_name = 'before_the_mistake'
recovery_target_action = 'promote'
archive_mode = off
END
as touch "$data/recovery.signal"
start "$data"
restored=$(versions)
if [ "$restored" != "$wanted" ]; then
    echo "restored $restored versions, $wanted were there at the point" >&2
    exit 1
fi
write "Sau khôi phục"
[ "$(versions)" -gt "$wanted" ]
echo "restored to the point: $restored versions, equal; and it works on"
echo "1 passed, 0 failed"
