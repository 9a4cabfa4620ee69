#!/bin/sh
# space.sh: a primary whose disk is nearly full hands over to a standby. PostgreSQL itself would
# only refuse what needs room, and Patroni sees nothing wrong with that. phoihop-space.timer runs it
# every five seconds as postgres; one machine does it once in two minutes at most, so that three
# full machines do not pass it round.
set -eu

floor_mb=${SPACE_MB:-2048}
stamp=/run/postgresql/handed-over
free_mb=$(df --output=avail --block-size=1M /var/lib/postgresql/15 | tail -n 1)
[ "$free_mb" -lt "$floor_mb" ] || exit 0
[ -z "$(find "$stamp" -mmin -2 2>/dev/null)" ] || exit 0
[ "$(timeout 5 psql -XAtqd postgres -c 'SELECT pg_is_in_recovery()')" = f ] || exit 0
name=$(sed -n 's/^name: //p' /etc/patroni/config.yml)
echo "$free_mb MB are left, less than $floor_mb: $name hands over" >&2
patronictl -c /etc/patroni/config.yml switchover phoihop --leader "$name" --force
touch "$stamp"
