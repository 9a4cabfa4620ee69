#!/bin/sh
# sim.sh [BUILD] [SEEDS]: the simulator on SQLite and on the PostgreSQL of the environment. The same
# seeds must give the same trace, byte for byte: every message, every crash and every signature.
#     test/pg/with-pg.sh test/pg/sim.sh build 3
set -eu

sim=${1:-build}/sim
seeds=${2:-3}
here=$(mktemp)
there=$(mktemp)
trap 'rm -f "$here" "$there"' EXIT
STORE='' "$sim" --seed 1 --seeds "$seeds" >"$here"
"$sim" --seed 1 --seeds "$seeds" >"$there" || { cat "$there"; exit 1; }
diff "$here" "$there" || { echo "the stores differ"; exit 1; }
grep trace "$there"
echo "$((seeds * 2)) passed, 0 failed"
