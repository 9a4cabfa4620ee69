#!/bin/sh
# spin.sh: every model of this folder holds in all its states, and every mutant of it is found.
# Prints "N passed, M failed".
set -u
cd "$(dirname "$0")" || exit 1
models=$PWD
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
passed=0
failed=0

# explore MODEL [-DMUTANT]: goes through all its states and prints the number of errors of safety
# and of liveness, or what Spin has to say when it did not come to an end.
explore() {
    for claim in -DNOCLAIM -DCLAIM; do
        depth=-m1000000
        [ "$claim" = -DNOCLAIM ] || depth="-a -f $depth"
        # shellcheck disable=SC2086
        spin -a ${2:-} "$1" >log 2>&1 && cc -O2 -w $claim -o pan pan.c >log 2>&1 &&
            ./pan $depth >log 2>&1
        if grep -q "^State-vector" log && ! grep -q "max search depth" log; then
            sed -n 's/.*errors: \([0-9]*\).*/\1/p' log
        else
            cat log
        fi
    done | tr '\n' ' '
}

# judge NAME GOOD: counts
judge() {
    if [ "$2" = yes ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED: $1: $told"
    fi
}

for model in "$models"/*.pml; do
    name=$(basename "$model")
    told=$(explore "$model")
    judge "$name" "$([ "$told" = "0 0 " ] && echo yes)"
    for mutant in $(sed -n 's/.*#ifn\{0,1\}def \(MUTANT_[A-Z_]*\).*/\1/p' "$model" | sort -u); do
        told=$(explore "$model" "-D$mutant")
        good=$(echo "$told" | grep -qE '^[0-9]+ [0-9]+ $' && [ "$told" != "0 0 " ] && echo yes)
        judge "$name, which must not hold with $mutant" "$good"
    done
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
