#!/bin/sh
# install.sh FOLDER: lays one machine's files (OUT/db1 of configure.sh) in their places, for the
# users that Debian's packages have made. As root, on that machine, with the packages installed and
# stopped.
set -eu

[ $# = 1 ] && [ -d "$1/etc/patroni" ] || { sed -n '2,4p' "$0" >&2; exit 2; }
cp -r "$1/etc/." /etc/
usermod --append --groups ssl-cert etcd # the key is for postgres and etcd
chown -R root:ssl-cert /etc/phoihop-ha
chown -R postgres:postgres /etc/patroni /etc/pgbouncer
chmod 750 /etc/phoihop-ha
chmod 700 /etc/patroni /etc/pgbouncer
chmod 640 /etc/phoihop-ha/*
chmod 600 /etc/patroni/config.yml /etc/patroni/roles.sql /etc/pgbouncer/*
chmod 644 /etc/default/etcd /etc/systemd/system/phoihop-space.*
install -d -o postgres -g postgres -m 700 /var/lib/postgresql/15
install -d -o etcd -g etcd -m 700 /var/lib/etcd
