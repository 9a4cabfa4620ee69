#!/bin/sh
# modules.sh [BUILD]: every built module test that opens a store, on the store of the environment,
# one per processor at a time. The driver's own test is not among them: it kills its server. The
# calendar's comes last, alone: its sixty-four writers leave others no turn.
#     test/pg/with-pg.sh test/pg/modules.sh build
# Prints a line for each and ends with "N passed, M failed".
set -u

if [ "${1:-}" = --one ]; then
    log=$(mktemp)
    if timeout 240 "$2" >"$log" 2>&1; then
        echo "passed $2"
    else
        printf 'FAILED %s\n%s\n' "$2" "$(tail -n 20 "$log")"
    fi
    rm -f "$log"
    exit 0
fi

build=${1:-build}
crowd=$build/test/domain/calendar/calendar_test
all=$(mktemp)
trap 'rm -f "$all"' EXIT
for test in "$build"/test/store/*_test "$build"/test/core/*_test "$build"/test/exchange/*_test \
    "$build"/test/domain/*/*_test "$build"/test/front/wire/*_test "$build"/test/front/web/*_test \
    "$build"/test/front/api/*_test "$build"/test/front/caldav/*_test "$build"/test/main/*_test; do
    [ ! -x "$test" ] || [ "$test" = "$crowd" ] || echo "$test"
done | xargs -n 1 -P "$(nproc)" "$0" --one | tee "$all"
"$0" --one "$crowd" | tee -a "$all"
passed=$(grep -c '^passed ' "$all")
failed=$(grep -c '^FAILED ' "$all")
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" != 0 ]
