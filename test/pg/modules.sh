#!/bin/sh
# modules.sh [BUILD]: every built module test that opens a store, on the store of the environment:
#     test/pg/with-pg.sh test/pg/modules.sh build
# Prints a line for each and ends with "N passed, M failed".
set -u

build=${1:-build}
passed=0
failed=0
log=$(mktemp)
trap 'rm -f "$log"' EXIT
for test in "$build"/test/store/*_test "$build"/test/store/*/*_test "$build"/test/core/*_test \
    "$build"/test/exchange/*_test "$build"/test/domain/*/*_test "$build"/test/front/wire/*_test \
    "$build"/test/front/web/*_test "$build"/test/front/api/*_test "$build"/test/main/*_test; do
    [ -x "$test" ] || continue
    if timeout 120 "$test" >"$log" 2>&1; then
        echo "passed $test"
        passed=$((passed + 1))
    else
        echo "FAILED $test"
        tail -n 20 "$log"
        failed=$((failed + 1))
    fi
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
