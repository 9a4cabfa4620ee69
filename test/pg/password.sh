#!/bin/sh
# password.sh [BUILD]: a server that asks for a password gets it from a file, for `init`, `serve`
# and the command line, and a password is refused in the address.
#     test/pg/with-pg.sh test/pg/password.sh build
set -eu

program=${1:-build}/phoihop
server=${STORE_URL##*host=}
dir=$(mktemp -d /tmp/phoihop-password-XXXXXX)
trap 'rm -rf "$dir"' EXIT
chmod 755 "$dir"
psql "$STORE_URL" -qc "CREATE ROLE office LOGIN PASSWORD 'bi-mat'" \
    -c "CREATE DATABASE office OWNER office"
printf 'local all office scram-sha-256\nlocal all all trust\n' >"$server/data/pg_hba.conf"
psql "$STORE_URL" -Atqc "SELECT pg_reload_conf()" >/dev/null

printf '*:*:office:office:bi-mat\n' >"$dir/pgpass"
chmod 600 "$dir/pgpass"
[ "$(id -u)" != 0 ] || chown nobody "$dir/pgpass" # the offices' user reads it
url="postgres://office@/office?host=$server"
found() { "$program" init "$dir/office" --office VPCP --name "Văn phòng" --port 19501 "$@"; }

! found --store "postgres://office:bi-mat@/office?host=$server" 2>/dev/null
! found --store "$url" >/dev/null 2>&1
found --store "$url&passfile=$dir/pgpass" >/dev/null
"$program" check "$dir/office" | grep -q '"equal":true'
# The environment names the file too, and `serve` keeps the address it has answered from.
export PGPASSFILE="$dir/pgpass"
mkfifo "$dir/ready" "$dir/leash"
exec 7<>"$dir/leash" 8<>"$dir/ready"
"$program" serve "$dir/office" --store "$url" --ready-fd 8 --leash-fd 9 9<"$dir/leash" 7>&- \
    >/dev/null 2>&1 &
timeout 30 head -n 1 <&8 | grep -q '"ready":true'
"$program" card "$dir/office" | grep -q '"code":"VPCP"'
kill -TERM $!
wait $!
grep -qxF "url = $url" "$dir/office/office.ini"
"$program" check "$dir/office" | grep -q '"equal":true'
! grep -rq bi-mat "$dir/office"
echo "1 passed, 0 failed"
