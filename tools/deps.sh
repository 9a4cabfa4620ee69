#!/bin/sh
# deps.sh build|run|test|check: installs what is missing for that step, from Debian and from npm by
# lock file, and says nothing when all is there. As root or with sudo it calls apt itself; otherwise
# it prints the one command to run.
set -eu
cd "$(dirname "$0")/.."

BUILD="gcc make libc6-dev python3 libsodium-dev libjansson-dev libssl-dev libicu-dev libinih-dev
    libseccomp-dev libcurl4-openssl-dev libzip-dev libxlsxwriter-dev libpq-dev
    libexpat1-dev libical-dev poppler-utils"
TEST="libcmocka-dev openssl python3-cryptography chromium nginx-light postgresql-15
    postgresql-client-15 util-linux procps libreoffice-writer-nogui
    libreoffice-calc-nogui python3-uno spin"
# Servers of a cluster, for test/ha. They are never started as this machine's own services.
CHECK="patroni etcd-server etcd-client pgbouncer nftables iproute2 python3-etcd python3-idna
    python3-dateutil openssl vdirsyncer khal curl"
SERVICES="patroni etcd pgbouncer"

want=$BUILD
case ${1:-build} in
build | run) ;;
test) want="$BUILD $TEST" ;;
check) want="$BUILD $TEST $CHECK" ;;
*) echo "usage: tools/deps.sh build|run|test|check" >&2; exit 2 ;;
esac
# Any Node from 18 on will do; where there is none, Debian's.
command -v node >/dev/null || want="$want nodejs"
command -v npm >/dev/null || want="$want npm"

missing() { # prints the packages that are not installed
    # shellcheck disable=SC2086
    dpkg-query -W -f '${Package} ${db:Status-Abbrev}\n' $want 2>/dev/null |
        awk -v want="$want" '$2 == "ii" { have[$1] = 1 }
            END { n = split(want, w); for (i = 1; i <= n; i++) if (!(w[i] in have)) print w[i] }'
}

# Debian starts a service when its package is installed; these two keep it from doing so now and at
# the next start of the machine, unless the service was there before.
policy=/usr/sbin/policy-rc.d
services_hold() {
    new=
    for service in $SERVICES; do
        case " $need " in *" $service "* | *" $service-server "*) new="$new $service" ;; esac
    done
    [ -n "$new" ] && [ ! -e "$policy" ] || return 0
    printf '#!/bin/sh\nexit 101\n' | $sudo tee "$policy" >/dev/null
    $sudo chmod 755 "$policy"
    trap '$sudo rm -f "$policy"' EXIT
}
services_disable() {
    command -v systemctl >/dev/null || return 0
    for service in $new; do
        $sudo systemctl disable --now --quiet "$service" || true
    done
}

if ! command -v dpkg-query >/dev/null; then
    echo "This is not a Debian system. Please install:" $want >&2
    exit 1
fi
need=$(missing | tr '\n' ' ')
if [ -n "$need" ]; then
    sudo=
    if [ "$(id -u)" != 0 ]; then
        if ! command -v sudo >/dev/null || ! { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
            echo "Please run, as root: apt-get install -y --no-install-recommends $need" >&2
            exit 1
        fi
        sudo=sudo
    fi
    echo "Installing from Debian: $need"
    services_hold
    # shellcheck disable=SC2086
    {
        $sudo apt-get update -q
        $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $need
    }
    services_disable
fi

# npm packages, exactly as locked; the stamp is the lock file they were installed from.
stamp=web/node_modules/.phoihop-lock
if ! cmp -s web/package-lock.json "$stamp"; then
    echo "Installing from npm by lock file ..."
    (cd web && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error)
    cp web/package-lock.json "$stamp"
fi
