#!/bin/sh
# Copies src/domain/note under a new name: the beginning of a new subject.
#   tools/new-module.sh visit
# The folder builds and its test passes at once; nothing outside it is edited.
set -eu
cd "$(dirname "$0")/.."

name=${1:-}
case $name in
'' | *[!a-z]*) echo "usage: tools/new-module.sh NAME (letters a to z)" >&2 && exit 2 ;;
esac
from=src/domain/note to=src/domain/$name
for folder in src/*/; do # the name is also the first word of kinds, acts and views
    [ "$folder" != "src/$name/" ] || { echo "$name is a step of the ladder" >&2 && exit 2; }
done
case $name in
office | today) echo "$name is a module of core" >&2 && exit 2 ;;
esac
[ ! -e "$to" ] || { echo "$to is there already" >&2 && exit 2; }

upper=$(echo "$name" | tr a-z A-Z)
rename="s/_note_/_${name}_/g; s/_note\b/_$name/g; s/_notes\b/_${name}s/g
        s/\bnote_/${name}_/g; s/\bnote\b/$name/g; s/\bnotes\b/${name}s/g
        s/\bNOTE/$upper/g; s/_NOTE/_$upper/g"

mkdir "$to"
for file in "$from"/*.[ch]; do
    new=$to/$(basename "$file" | sed "s/^note/$name/")
    sed "$rename" "$file" >"$new"
    ! command -v clang-format >/dev/null || clang-format -i "$new"
done
for lang in vi en; do # the keys change, the texts wait for their author
    key="/^#/!s/^\([a-z0-9_.]*\)\bnote\b/\1$name/" # twice: kinds carry the name twice
    sed "$key; $key" "$from/words.$lang" >"$to/words.$lang"
done
cat >"$to/README.md" <<END
# $name

What the subject is, in plain words, and who works with it.

    (state) --(act)--> state

| rule | source |
|---|---|
| | act, article, clause |

Open questions: none.
END
echo "$to is there. Write its README.md first, then the words, then the fields."
echo "make build/test/domain/$name/${name}_test && build/test/domain/$name/${name}_test"
