#!/bin/sh
# scene.sh [BUILD]: the scene of four offices on the PostgreSQL of the environment, from founding to
# the table of answers; then every office is checked.
#     test/pg/with-pg.sh test/pg/scene.sh build
set -eu

program=${1:-build}/phoihop
dir=$(mktemp -d /tmp/phoihop-scene-XXXXXX)
trap 'rm -rf "$dir"' EXIT
chmod 755 "$dir" # the offices' user must reach it

"$program" demo --once --lang en --dir "$dir/demo" --port 19101 --store "$STORE_URL" >"$dir/table"
grep -q '3/4 answered' "$dir/table"
passed=1
for office in vptw vpctn vpqh vpcp; do
    grep -q "^url = $STORE_URL.*search_path%3D$office" "$dir/demo/$office/office.ini"
    test ! -e "$dir/demo/$office/office.db"
    "$program" check "$dir/demo/$office" | grep -q '"equal":true'
    passed=$((passed + 1))
done
echo "$passed passed, 0 failed"
