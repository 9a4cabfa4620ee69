#!/bin/sh
# A module is one folder: adding one and deleting one edits nothing else. In a copy of the tree a
# module is added, an office lists its acts, another module is deleted, and what is left still
# builds, runs and passes its tests. Objects are taken over, so only what changed is compiled.
set -eu
cd "$(dirname "$0")/../.."
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
chmod 755 "$tree" # the office's user must reach it
passed=0

step() { # what is shown, then the command that shows it
    what=$1
    shift
    if ! "$@" >"$tree/log" 2>&1; then
        tail -30 "$tree/log"
        echo "test/e2e/module_folder.sh: $what: failed: $*"
        echo "$passed passed, 1 failed"
        exit 1
    fi
    passed=$((passed + 1))
    echo "  $what"
}

lists() { # the office knows an act of the module
    "$tree/build/phoihop" acts "$tree/office" >"$tree/acts"
    grep -q "\"$1\." "$tree/acts"
}

lists_none() {
    lists note && ! grep -q "\"$1\." "$tree/acts"
}

tidy_is_silent() { # about the module; what is wrong elsewhere is told by tidy itself
    (cd "$tree" && python3 tools/tidy.py >"$tree/findings") || true
    ! grep "src/domain/$1" "$tree/findings"
}

nothing_else_changed() {
    diff -r -x __pycache__ "$tree/before" "$tree/after"
}

source="Makefile .clang-format src tools test"
cp -a $source "$tree/"
mkdir "$tree/web"
for part in web/*; do
    case $part in
    web/node_modules) ln -s "$PWD/$part" "$tree/$part" ;;
    *) cp -a "$part" "$tree/web/" ;;
    esac
done
mkdir "$tree/build"
for part in obj gen lib web; do
    [ ! -e "build/$part" ] || cp -a "build/$part" "$tree/build/"
done
mkdir "$tree/before" "$tree/after" # for the last step: what the two modules did not touch
(cd "$tree" && cp -a $source before/ && rm -r before/src/domain/consultation)
make="make --no-print-directory -C $tree"

(cd "$tree" && tools/new-module.sh visit >/dev/null)
step "a module is added and builds" $make build/phoihop
step "an office is founded" "$tree/build/phoihop" init "$tree/office" --office VP --name "Văn phòng"
step "its acts are listed" lists visit
step "the test of the new module builds" $make build/test/domain/visit/visit_test
step "the test of the new module passes" "$tree/build/test/domain/visit/visit_test"

step "the new module keeps the style" tidy_is_silent visit

rm -r "$tree/src/domain/consultation"
step "without consultation everything builds" $make build/phoihop
step "consultation is gone, the others are not" lists_none consultation
step "the test of note builds" $make build/test/domain/note/note_test
step "the test of note passes" "$tree/build/test/domain/note/note_test"

rm -r "$tree/src/domain/visit"
step "the new module is deleted again" $make build/phoihop
step "its acts are gone" lists_none visit
(cd "$tree" && cp -a $source after/)
step "no other file was changed" nothing_else_changed
echo "$passed passed, 0 failed"
