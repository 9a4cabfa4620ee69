#!/usr/bin/env python3
"""Three database machines and two workers on one machine, to try things out and for tests.

    sudo python3 packaging/ha/one_machine.py [BUILD]

Each node is a machine to its programs: an address on a bridge, its own processes, its own /etc,
with the files of configure.sh and install.sh at the paths of a real machine. All of it lives in
namespaces of this process and is gone with it, also after kill -9. As root; Debian's packages
must be there (`tools/deps.sh check`), their system services need not and should not run.
"""
import json
import os
import pathlib
import pwd
import select
import shutil
import ssl
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

PROGRAMS = ("patroni", "etcd", "pgbouncer", "psql", "ip", "nft", "nsenter", "setpriv", "openssl")
HERE = pathlib.Path(__file__).resolve().parent
INSIDE = "PHOIHOP_HA_INSIDE"
NETWORK = "10.77.0"
HOST = f"{NETWORK}.254"
DATABASES = {"db1": f"{NETWORK}.1", "db2": f"{NETWORK}.2", "db3": f"{NETWORK}.3"}
WORKERS = {"w1": f"{NETWORK}.11", "w2": f"{NETWORK}.12"}
PORT, WIRE_PORT = 8801, 8811
VOLUME = "1200m"  # of a database machine's data
WAIT_S = 120
BEHIND_BYTES = 1 << 20  # a standby that lags less is well
SHARED = pathlib.Path("/run/ha")  # what is /etc/phoihop-ha on a real worker
AS_POSTGRES = ("setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "--reset-env")
# What phoihop-space.timer does.
SPACE_TIMER = ("export SPACE_MB=64; while :; do sh /etc/phoihop-ha/space.sh; "
               "timeout 5 tail -f /dev/null; done")
# Process 1 of a node: takes in what its services leave behind.
HOLD = "echo up; while :; do tail -f /dev/null & wait; done"


def enter_namespaces(script):
    """Starts the script once more where it may build networks and mounts of its own."""
    if os.environ.get(INSIDE):
        return
    if os.geteuid() != 0:
        sys.exit("FAILURE: network namespaces need root")
    missing = [name for name in PROGRAMS if shutil.which(name) is None]
    if missing:
        sys.exit(f"FAILURE: not installed: {' '.join(missing)} (tools/deps.sh check)")
    wrap = ["unshare", "--mount", "--net", "--pid", "--ipc", "--fork", "--kill-child",
            "--mount-proc"]
    tried = subprocess.run([*wrap, "ip", "link", "add", "name", "try", "type", "bridge"],
                           check=False)
    if tried.returncode != 0:
        sys.exit("FAILURE: this machine permits no network namespaces (unshare, ip link add)")
    os.environ[INSIDE] = "1"
    os.execvp("unshare", [*wrap, sys.executable, script, *sys.argv[1:]])


def run(*words, wait_s=WAIT_S, **more):
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True,
                          timeout=wait_s, check=False, **more)
    if done.returncode != 0:
        raise OSError(f"{words}: {done.stdout}{done.stderr}")
    return done.stdout


def until(question, what, wait_s=WAIT_S):
    """Looks again and again until the answer is something; returns it."""
    end, pause = time.monotonic() + wait_s, threading.Event()
    while time.monotonic() < end:
        found = question()
        if found:
            return found
        pause.wait(0.1)
    raise TimeoutError(f"{what}: not in {wait_s} s")


class Node:
    """A machine: namespaces for its processes, and a cable to the bridge."""

    def __init__(self, root, name, address):
        self.root, self.name, self.address = root / name, name, address
        self.pid, self.holder, self.services = None, None, {}
        self.root.mkdir()
        self.root.chmod(0o755)

    def power_on(self):
        self.holder = subprocess.Popen(
            ["unshare", "--net", "--pid", "--mount", "--ipc", "--fork", "--kill-child",
             "--mount-proc", "sh", "-c", HOLD], stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL)
        assert self.holder.stdout.readline() == b"up\n"
        tasks = pathlib.Path(f"/proc/{self.holder.pid}/task/{self.holder.pid}/children")
        self.pid = int(tasks.read_text().split()[0])
        cable = f"to-{self.name}"
        run("ip", "link", "add", cable, "type", "veth", "peer", "name", "eth0", "netns", self.pid)
        run("ip", "link", "set", cable, "master", "br0", "up")
        self.inside("ip", "link", "set", "lo", "up")
        self.inside("ip", "addr", "add", f"{self.address}/24", "dev", "eth0")
        self.inside("ip", "link", "set", "eth0", "up")

    def power_off(self):
        """As when the plug is pulled: no process lives on, no packet says so."""
        if self.pid is None:
            return
        run("ip", "link", "del", f"to-{self.name}")  # before any socket can say goodbye
        processes = self.processes()
        os.kill(self.pid, signal.SIGKILL)
        for service in self.services.values():
            service.send_signal(signal.SIGCONT)
            service.wait()
        for pid in processes:  # those whose parent was an nsenter are ours now
            try:
                os.waitpid(pid, 0)
            except ChildProcessError:
                pass
        self.holder.wait()
        self.holder.stdout.close()
        self.pid, self.services = None, {}

    def enter(self):
        return ["nsenter", "--target", str(self.pid), "--net", "--pid", "--mount", "--ipc"]

    def inside(self, *words, **more):
        return run(*self.enter(), *words, **more)

    def begin(self, name, user, *words, **more):
        log = (self.root / f"{name}.log").open("ab")
        drop = ["setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups", "--reset-env"]
        drop = drop if user else []
        self.services[name] = subprocess.Popen([*self.enter(), *drop, *map(str, words)],
                                               stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                               **more)
        log.close()

    def processes(self, *names):
        """The processes of this machine but the first; all, or those of these programs."""
        mine, found = os.readlink(f"/proc/{self.pid}/ns/pid"), []
        for entry in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                here = os.readlink(entry / "ns/pid") == mine and int(entry.name) != self.pid
                program = (entry / "comm").read_text().strip()
            except OSError:
                continue  # it has just ended
            if here and program not in ("tail", "nsenter") and (not names or program in names):
                found.append(int(entry.name))
        return found

    def signal(self, number, *names):
        for pid in self.processes(*names):
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                pass  # its parent was first
        if number == signal.SIGCONT:  # nsenter stops with its child, but does not go on with it
            for service in self.services.values():
                service.send_signal(number)

    def firewall(self, *rules):
        """What this machine's network drops; nothing: all passes."""
        self.inside("nft", "flush", "ruleset")
        if rules:
            self.inside("nft", "-f", "-", input="\n".join(
                ("table ip fault {",
                 "chain in { type filter hook input priority 0; iif lo accept;",
                 *(rule for way, rule in rules if way == "in"), "}",
                 "chain out { type filter hook output priority 0; oif lo accept;",
                 *(rule for way, rule in rules if way == "out"), "}", "}")))


class Database(Node):
    """A node with PostgreSQL, Patroni, etcd and pgbouncer."""

    def __init__(self, root, files, name):
        super().__init__(root, name, DATABASES[name])
        self.files = files
        for folder in ("etc", "etc.work", "postgresql", "etcd", "log"):
            (self.root / folder).mkdir()
        run("mount", "-t", "tmpfs", "-o", f"size={VOLUME},mode=0755", "data",
            self.root / "postgresql")

    def power_on(self):
        super().power_on()
        self.inside("mount", "-t", "overlay", "overlay", "-o", f"lowerdir=/etc,upperdir="
                    f"{self.root}/etc,workdir={self.root}/etc.work", "/etc")
        self.inside("mount", "-t", "tmpfs", "run", "/run")
        self.inside("mount", "-t", "tmpfs", "-o", "mode=1777", "shm", "/dev/shm")
        self.inside("install", "-d", "-o", "postgres", "-g", "postgres", "/run/postgresql")
        for folder, place in (("postgresql", "/var/lib/postgresql"), ("etcd", "/var/lib/etcd"),
                              ("log", "/var/log/postgresql")):
            self.inside("mount", "--bind", self.root / folder, place)
        self.inside("sh", HERE / "install.sh", self.files)
        self.inside("chown", "postgres:", "/var/lib/postgresql", "/var/log/postgresql")
        self.services_on()

    def services_on(self):
        """What the service manager of a real machine does."""
        for name, user, words in (
                ("etcd", "etcd", ("sh", "-c", "set -a; . /etc/default/etcd; exec /usr/bin/etcd")),
                ("patroni", "postgres", ("/usr/bin/patroni", "/etc/patroni/config.yml")),
                ("pgbouncer", "postgres",
                 ("/usr/sbin/pgbouncer", "-q", "/etc/pgbouncer/pgbouncer.ini")),
                ("space", "postgres", ("sh", "-c", SPACE_TIMER))):
            service = self.services.get(name)
            if service is None or service.poll() is not None:
                self.begin(name, user, *words, cwd="/")

    def sql(self, text, database="postgres"):
        """Asks this machine's server as its administrator."""
        return self.inside(*AS_POSTGRES, "psql", "-XAtqd", database, "-c", text,
                           cwd="/").split("\n")[:-1]


class Cluster:
    """The bridge, the three database machines, and the address for workers."""

    def __init__(self, root):
        self.root = root
        run("mount", "--make-rprivate", "/")
        run("ip", "link", "set", "lo", "up")
        run("ip", "link", "add", "br0", "type", "bridge")
        run("ip", "addr", "add", f"{HOST}/24", "dev", "br0")
        run("ip", "link", "set", "br0", "up")
        files = root / "files"
        run("sh", HERE / "configure.sh", files, *DATABASES.values(), f"{NETWORK}.0/24")
        self.worker_files = files / "worker"
        self.tls = ssl.create_default_context(cafile=self.worker_files / "db.crt")
        own = files / "db1" / "etc" / "phoihop-ha"
        self.tls.load_cert_chain(own / "node.crt", own / "node.key")
        self.nodes = {name: Database(root, files / name, name) for name in DATABASES}

    def start(self):
        for node in self.nodes.values():
            node.power_on()
        self.wait_well()
        primary = self.nodes[self.leader()]
        primary.inside(*AS_POSTGRES, "psql", "-XAtqf", "/etc/patroni/roles.sql", cwd="/")

    def members(self):
        """What Patroni says of the cluster: {name: member}; the first machine that answers."""
        for node in self.nodes.values():
            try:
                with urllib.request.urlopen(f"https://{node.address}:8008/cluster", timeout=2,
                                            context=self.tls) as page:
                    return {row["name"]: row for row in json.load(page)["members"]}
            except (OSError, ValueError):
                continue
        return {}

    def member(self, role):
        return next((name for name, row in self.members().items() if row["role"] == role), None)

    def leader(self):
        return until(lambda: self.member("leader"), "a primary")

    def is_well(self):
        rows = list(self.members().values())
        lags = [row.get("lag", 0) for row in rows]
        return (sorted(row["role"] for row in rows) == ["leader", "replica", "sync_standby"]
                and all(row["state"] in ("running", "streaming") for row in rows)
                and len({row.get("timeline") for row in rows}) == 1
                and all(isinstance(lag, int) and lag < BEHIND_BYTES for lag in lags))

    def wait_well(self):
        until(self.is_well, "a primary, its synchronous standby and another one")

    def store_address(self):
        """As configure.sh wrote it, with the files where everybody's folder finds them."""
        text = (self.worker_files / "store-address").read_text().strip()
        return text.replace("/etc/phoihop-ha/", f"{SHARED}/")

    def close(self):
        for node in self.nodes.values():
            node.power_off()


class Worker(Node):
    """A node that serves a folder."""

    def __init__(self, root, name, program, address=None):
        super().__init__(root, name, address or WORKERS[name])
        self.program, self.folder, self.leash = program, self.root / "office", None

    def answer(self, *words):
        """Runs the program on this machine; what it answers."""
        return json.loads(self.inside(self.program, *words, cwd="/"))

    def serve(self):
        ready, told = os.pipe()
        held, self.leash = os.pipe()
        self.begin("serve", None, self.program, "serve", self.folder, "--ready-fd", told,
                   "--leash-fd", held, pass_fds=(told, held))
        os.close(told)
        os.close(held)
        line = os.read(ready, 4096) if select.select([ready], [], [], WAIT_S)[0] else b""
        os.close(ready)
        if not line:
            raise OSError((self.root / "serve.log").read_text())

    def stop(self):
        if self.leash is not None:
            os.close(self.leash)
            self.leash = None
            self.services.pop("serve").wait(WAIT_S)


class Office:
    """One office on the cluster with two workers."""

    def __init__(self, cluster, program):
        self.cluster, self.program = cluster, program
        root = cluster.root
        run("mount", "-t", "tmpfs", "-o", "mode=0755", "run", "/run")
        SHARED.mkdir()
        for name in ("db.crt", "pgpass"):
            shutil.copy(cluster.worker_files / name, SHARED)
        users = {row.pw_name for row in pwd.getpwall()}
        run("chown", "-R", "phoihop" if "phoihop" in users else "nobody", SHARED)
        self.workers = [Worker(root, name, program) for name in WORKERS]
        for worker in self.workers:
            worker.power_on()

    def found(self):
        """As docs/operators.md says for two workers."""
        first, second = self.workers
        first.answer("init", first.folder, "--office", "VPCP", "--name", "Văn phòng Chính phủ",
                     "--address", first.address, "--port", PORT, "--wire-address", first.address,
                     "--wire-port", WIRE_PORT, "--store", self.cluster.store_address())
        shared = self.cluster.root / "blobs"
        shared.mkdir()
        owner = first.folder.stat()
        second.folder.mkdir()
        shutil.copytree(first.folder / "keys", second.folder / "keys")
        text = (first.folder / "office.ini").read_text() + f"blobs = {shared}\n"
        (first.folder / "office.ini").write_text(text)
        (second.folder / "office.ini").write_text(text.replace(first.address, second.address))
        for path in (second.folder, second.folder / "keys", second.folder / "office.ini", shared,
                     *(second.folder / "keys").iterdir()):
            os.chown(path, owner.st_uid, owner.st_gid)
            path.chmod(0o700 if path.is_dir() else 0o600)

    def close(self):
        for worker in self.workers:
            worker.stop()
            worker.power_off()


def main():
    enter_namespaces(__file__)
    build = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "build").resolve()
    root = pathlib.Path(tempfile.mkdtemp(prefix="phoihop-ha-"))
    root.chmod(0o755)  # the nodes' users must reach it
    cluster = Cluster(root)
    try:
        cluster.start()
        office = Office(cluster, str(build / "phoihop"))
        office.found()
        for worker in office.workers:
            worker.serve()
        for name, row in sorted(cluster.members().items()):
            print(f"{name}  {DATABASES[name]:12} {row['role']:13} process 1 is "
                  f"{cluster.nodes[name].pid}")
        for worker in office.workers:
            print(f"{worker.name}   {worker.address:12} http://{worker.address}:{PORT}/")
        print("Inside:  nsenter --all --target $(pgrep -f -n one_machine.py), and from there\n"
              "         nsenter --all --target (process 1 of a machine).  Ctrl-C ends it.",
              flush=True)
        signal.sigwait({signal.SIGINT, signal.SIGTERM})
        office.close()
    finally:
        cluster.close()
        run("umount", *(node.root / "postgresql" for node in cluster.nodes.values()))
        shutil.rmtree(root, ignore_errors=True)


if __name__ == "__main__":
    main()
