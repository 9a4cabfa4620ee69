#!/bin/sh
# modules.sh [BUILD]: every built module test that opens a store, on the store of the environment:
#     test/pg/with-pg.sh test/pg/modules.sh build
# Prints a line for each and ends with the number that failed.
set -u

build=${1:-build}
failed=0
for test in "$build"/test/store/*_test "$build"/test/store/*/*_test "$build"/test/core/*_test \
    "$build"/test/exchange/*_test "$build"/test/domain/*/*_test "$build"/test/front/wire/*_test \
    "$build"/test/front/web/*_test "$build"/test/front/api/*_test "$build"/test/main/*_test; do
    [ -x "$test" ] || continue
    if timeout 120 "$test" >"$build/pg-test.log" 2>&1; then
        echo "passed $test"
    else
        echo "FAILED $test"
        tail -n 20 "$build/pg-test.log"
        failed=$((failed + 1))
    fi
done
echo "$failed failed"
[ "$failed" = 0 ]
