#!/bin/sh
# with-pg.sh COMMAND...: runs a command beside a PostgreSQL of its own, with STORE=pg and STORE_URL
# in the environment, and takes it down whatever happens. The server is Debian's, runs as an
# ordinary user and listens on a private socket only. PG_SECONDS bounds the command.
set -eu

bin=${PG_BIN:-/usr/lib/postgresql/15/bin}
under=/tmp
[ -w /dev/shm ] && under=/dev/shm # memory, where there is some: no test cuts the machine's power
dir=$(mktemp -d "$under/phoihop-pg-XXXXXX")
drop=
if [ "$(id -u)" = 0 ]; then # PostgreSQL refuses root
    chown nobody "$dir"
    drop="--reuid=nobody --regid=nogroup --clear-groups"
fi
server=

finish() {
    status=$?
    trap - EXIT INT TERM
    if [ -n "$server" ]; then
        kill -INT "$server" 2>/dev/null || true
        wait "$server" 2>/dev/null || true
    fi
    if [ "$status" != 0 ] && [ -n "${PG_LOG:-}" ]; then cat "$dir/log" >&2 || true; fi
    rm -rf "$dir"
    exit "$status"
}
trap finish EXIT
trap 'exit 130' INT TERM

# Vietnamese order by default: what must be compared by bytes has to say so itself.
# shellcheck disable=SC2086
(cd "$dir" && setpriv $drop -- "$bin/initdb" --pgdata="$dir/data" --username=phoihop --auth=trust \
    --encoding=UTF8 --locale=C.UTF-8 --locale-provider=icu --icu-locale=vi --data-checksums \
    --no-sync >"$dir/initdb.log" 2>&1) || { cat "$dir/initdb.log" >&2; exit 1; }

cat >>"$dir/data/postgresql.conf" <<EOF
listen_addresses = ''
unix_socket_directories = '$dir'
unix_socket_permissions = 0700
fsync = on
max_connections = ${PG_CONNECTIONS:-100}
shared_buffers = 64MB
max_wal_size = 256MB
restart_after_crash = on
max_pred_locks_per_transaction = 256
EOF

# The server dies with this script, also when the script is killed.
# shellcheck disable=SC2086
(cd "$dir" && exec setpriv $drop --pdeathsig INT -- "$bin/postgres" -D "$dir/data") \
    >"$dir/log" 2>&1 &
server=$!
timeout 60 sh -c 'until "$1/pg_isready" -q -h "$2" -U phoihop -d postgres; do
    kill -0 "$3" || exit 1
done' - "$bin" "$dir" "$server" || { cat "$dir/log" >&2; exit 1; }

# Schemas that a test has given back, test/t_store.h.
"$bin/psql" -qX -h "$dir" -U phoihop -d postgres -c 'CREATE SCHEMA rest' \
    -c 'CREATE TABLE rest.schema (name TEXT PRIMARY KEY)'

export STORE=pg
export STORE_URL="postgresql://phoihop@/postgres?host=$dir"
timeout --foreground --kill-after=10 "${PG_SECONDS:-600}" "$@"
