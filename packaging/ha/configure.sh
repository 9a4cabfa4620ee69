#!/bin/sh
# configure.sh OUT DB1 DB2 DB3 NETWORK: writes into OUT, a new folder, what three database machines
# and the workers need: install.sh takes OUT/db1, db2, db3 there, OUT/worker is for the workers.
# DB1..3 are addresses, NETWORK is where workers connect from (10.0.0.0/24).
# Passwords, a certificate authority and a certificate for each machine are made here, once.
set -eu

[ $# = 5 ] || { sed -n '2,4p' "$0" >&2; exit 2; }
from=$(cd "$(dirname "$0")" && pwd)
umask 077
mkdir "$1"
out=$(cd "$1" && pwd)
db1=$2 db2=$3 db3=$4 network=$5
secret() { openssl rand -hex 24; }
replicator=$(secret) rewinder=$(secret) office=$(secret) monitor=$(secret)

mkdir "$out/ca" "$out/worker"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 \
    -subj "/CN=phoihop databases" -keyout "$out/ca/ca.key" -out "$out/ca/ca.crt" 2>/dev/null

certificate() { # NAME ADDRESS FOLDER
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$1" \
        -keyout "$3/node.key" -out "$out/ca/$1.csr" 2>/dev/null
    printf 'subjectAltName = IP:%s, DNS:%s\nextendedKeyUsage = serverAuth, clientAuth\n' "$2" "$1" \
        >"$out/ca/$1.ext"
    openssl x509 -req -in "$out/ca/$1.csr" -days 3650 -CA "$out/ca/ca.crt" \
        -CAkey "$out/ca/ca.key" -CAcreateserial -extfile "$out/ca/$1.ext" \
        -out "$3/node.crt" 2>/dev/null
    cp "$out/ca/ca.crt" "$3/ca.crt"
}

fill() { # NAME ADDRESS TEMPLATE FILE
    mkdir -p "$(dirname "$4")"
    sed -e "s|@NAME@|$1|g; s|@ADDRESS@|$2|g; s|@NETWORK@|$network|g" \
        -e "s|@DB1@|$db1|g; s|@DB2@|$db2|g; s|@DB3@|$db3|g" \
        -e "s|@REPLICATOR_PASSWORD@|$replicator|g; s|@REWINDER_PASSWORD@|$rewinder|g" \
        -e "s|@OFFICE_PASSWORD@|$office|g; s|@MONITOR_PASSWORD@|$monitor|g" "$from/$3" >"$4"
}

machine() { # NAME ADDRESS
    etc=$out/$1/etc
    fill "$1" "$2" patroni.yml "$etc/patroni/config.yml"
    fill "$1" "$2" etcd.default "$etc/default/etcd"
    fill "$1" "$2" pgbouncer.ini "$etc/pgbouncer/pgbouncer.ini"
    fill "$1" "$2" roles.sql "$etc/patroni/roles.sql"
    printf '"monitor" "%s"\n' "$monitor" >"$etc/pgbouncer/userlist.txt"
    mkdir -p "$etc/phoihop-ha" "$etc/systemd/system"
    cp "$from/space.sh" "$etc/phoihop-ha"
    cp "$from"/phoihop-space.* "$etc/systemd/system"
    certificate "$1" "$2" "$etc/phoihop-ha"
}

machine db1 "$db1"
machine db2 "$db2"
machine db3 "$db3"
cp "$out/ca/ca.crt" "$out/worker/db.crt"
printf '*:*:phoihop:phoihop:%s\n' "$office" >"$out/worker/pgpass"
printf 'postgres://phoihop@%s,%s,%s/phoihop?%s\n' "$db1" "$db2" "$db3" \
    "sslmode=verify-full&sslrootcert=/etc/phoihop-ha/db.crt&passfile=/etc/phoihop-ha/pgpass"\
"&connect_timeout=2" \
    >"$out/worker/store-address"
printf '%s\n' "$monitor" >"$out/worker/monitor-password"
