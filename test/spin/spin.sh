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

# explore MODEL [-DMUTANT]: prints the number of errors, first of safety, then of liveness
explore() {
    for claim in -DNOCLAIM ""; do
        spin -a ${2:-} "$1" >spin.log 2>&1 || { cat spin.log >&2; echo broken; return; }
        cc -O2 -w -DVECTORSZ=4096 $claim -o pan pan.c 2>cc.log || { cat cc.log >&2; echo broken; return; }
        if [ -n "$claim" ]; then ./pan -m1000000 >pan.log 2>&1; else ./pan -a -f -m1000000 >pan.log 2>&1; fi
        grep -q "^State-vector" pan.log && ! grep -q "max search depth" pan.log ||
            { cat pan.log >&2; echo broken; return; }
        sed -n 's/.*errors: \([0-9]*\).*/\1/p' pan.log
    done
}

for model in "$models"/*.pml; do
    name=$(basename "$model")
    told=$(explore "$model" | tr '\n' ' ')
    if [ "$told" = "0 0 " ]; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "FAILED: $name: $told"; fi
    for mutant in $(sed -n 's/.*#ifdef \(MUTANT_[A-Z_]*\).*/\1/p' "$model" | sort -u); do
        told=$(explore "$model" "-D$mutant" | tr '\n' ' ')
        case $told in
        *broken* | "0 0 ") failed=$((failed + 1)); echo "FAILED: $name does not find $mutant: $told" ;;
        *) passed=$((passed + 1)) ;;
        esac
    done
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
