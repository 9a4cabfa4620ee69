#!/bin/sh
# A time stamp authority for the tests, made of OpenSSL alone.
#
#     test/tsa.sh make DIR               keys and certificates; DIR/ca.pem is who vouches for it
#     test/tsa.sh reply DIR QUERY OUT    answers one query
set -eu
dir=$2
case $1 in
make)
    mkdir -p "$dir"
    cat > "$dir/tsa.cnf" <<CNF
[ tsa ]
default_tsa = main
[ main ]
serial = $dir/serial
crypto_device = builtin
signer_cert = $dir/tsa.pem
certs = $dir/ca.pem
signer_key = $dir/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
ess_cert_id_alg = sha256
[ ca_ext ]
basicConstraints = critical,CA:true
[ tsa_ext ]
extendedKeyUsage = critical,timeStamping
[ req ]
distinguished_name = dn
[ dn ]
CNF
    echo 01 > "$dir/serial"
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$dir/ca.key" \
        -out "$dir/ca.pem" -days 3650 -subj /CN=authority -config "$dir/tsa.cnf" \
        -extensions ca_ext 2> /dev/null
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$dir/tsa.key" \
        -out "$dir/tsa.csr" -subj /CN=stamps -config "$dir/tsa.cnf" 2> /dev/null
    openssl x509 -req -in "$dir/tsa.csr" -CA "$dir/ca.pem" -CAkey "$dir/ca.key" -set_serial 2 \
        -days 3650 -extfile "$dir/tsa.cnf" -extensions tsa_ext -out "$dir/tsa.pem" 2> /dev/null
    ;;
reply)
    openssl ts -reply -config "$dir/tsa.cnf" -queryfile "$3" -out "$4" 2> /dev/null
    ;;
esac
