#!/usr/bin/env python3
"""Twenty failovers under load: nothing acknowledged is lost, no number is doubled.

    sudo python3 test/ha/failover.py [BUILD [ROUNDS [FIRST]]]      prints "N passed, M failed"

The cluster of packaging/ha/one_machine.py with an office of two workers, and a peer on SQLite with
which it exchanges. Writers ask and register over HTTP at both workers, each act with a key of its
own until it is acknowledged, while the faults come in turn. What was acknowledged is remembered
here, outside of all that can fail.
"""
import errno
import http.client
import itertools
import json
import os
import pathlib
import queue
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "packaging" / "ha"))
import one_machine as ha  # noqa: E402

BUILD = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "build").resolve()
ROUNDS = int(sys.argv[2]) if len(sys.argv) > 2 else 20
FIRST = int(sys.argv[3]) if len(sys.argv) > 3 else 1
GAP_S = 30          # at most, between two acknowledgements of one worker
PATIENCE_S = 20     # of a client for one answer; then it asks the other worker
PASSWORD = "mat-khau-thu"
PACE_S = 0.15       # of a writer between two acts
AGAIN_S = 120       # the office is whole again within this


class Writer(threading.Thread):
    """Does one act after the other at its worker; the other one is asked when that fails."""

    def __init__(self, load, number):
        super().__init__(daemon=True)
        self.load, self.number = load, number
        self.turn = number % len(load.workers)

    def run(self):
        for i in itertools.count():
            if self.load.stopping.wait(PACE_S):
                return
            try:
                self.step(f"{self.number}.{i}")
            except (AssertionError, KeyError, ValueError) as e:
                self.load.broken.append(f"writer {self.number}: {e!r}")
                return

    def step(self, key):
        subject = f"Việc {key}"
        if self.number % 3 == 2:
            act, fields = "note.write", {"title": subject}
        else:
            act, fields = "consultation.ask", {
                "subject": subject, "summary": "Xin ý kiến", "days": 5, "urgency": "normal",
                "asked": [{"office": self.load.peer_id}]}
        answer = self.until_acknowledged(key, act, fields)
        self.load.records[answer["record"]] = subject

    def until_acknowledged(self, key, act, fields, soon=()):
        """`soon` are reasons of a refusal that passes by itself."""
        end, pause = time.monotonic() + AGAIN_S, threading.Event()
        for attempt in itertools.count():
            worker = self.load.workers[(self.turn + attempt) % len(self.load.workers)]
            status, answer = self.load.post(worker, act, fields, key)
            if status == 200:
                self.load.acked[worker.name].append(time.monotonic())
                return answer
            fault = status == 0 or status >= 500 or answer.get("reason") in soon
            assert fault and time.monotonic() < end, f"{act} {key}: {status} {answer}"
            self.load.refused += 1
            pause.wait(0.1)


class Registrar(Writer):
    """Registers what the peer has asked; the number is remembered."""

    def step(self, key):
        try:
            request = self.load.requests.get(timeout=PACE_S)
        except queue.Empty:
            return
        answer = self.until_acknowledged(key, "consultation.register", {"record": request},
                                         soon=("record.not_found",))
        # a repeated call is told the record that the first one made, but not its number
        self.load.registered[request] = answer.get("more", {}).get("number")


class Asker(Writer):
    """Asks at the peer, which nothing happens to, so that the office has something to register."""

    def step(self, key):
        status, answer = self.load.post(self.load.peer, "consultation.ask", {
            "subject": f"Hỏi {key}", "summary": "Xin ý kiến", "days": 5, "urgency": "normal",
            "asked": [{"office": self.load.office_id}]}, f"p{key}")
        assert status == 200, answer
        self.load.requests.put(answer["record"])
        self.load.stopping.wait(2 * PACE_S)


class Load:
    """All writers and what they were told."""

    def __init__(self, stage):
        self.workers, self.peer = stage.office.workers, stage.peer
        self.peer_id, self.office_id, self.tokens = stage.peer_id, stage.office_id, stage.tokens
        self.acked = {worker.name: [] for worker in self.workers}
        self.records, self.registered, self.requests = {}, {}, queue.Queue()
        self.broken, self.refused = [], 0
        self.stopping = threading.Event()
        self.writers = [Writer(self, i) for i in range(6)]
        self.writers += [Registrar(self, 6), Registrar(self, 7), Asker(self, 8)]
        for writer in self.writers:
            writer.start()

    def post(self, worker, act, fields, key):
        """One act; status 0 when no answer came."""
        connection = http.client.HTTPConnection(worker.address, ha.PORT, timeout=PATIENCE_S)
        try:
            connection.request("POST", f"/api/act/{act}", json.dumps(fields), {
                "Authorization": f"Bearer {self.tokens[worker is self.peer]}",
                "Content-Type": "application/json", "Idempotency-Key": key})
            got = connection.getresponse()
            return got.status, json.loads(got.read())
        except (OSError, http.client.HTTPException, ValueError):
            return 0, {}
        finally:
            connection.close()

    def count(self):
        return sum(len(times) for times in self.acked.values())

    def acked_since(self, start):
        return all(times and times[-1] > start for times in self.acked.values())

    def gap(self, name, start, end):
        times = [t for t in self.acked[name] if t <= end]
        first = next((i for i, t in enumerate(times) if t >= start), len(times))
        window = times[max(0, first - 1):] + [end]
        return max(b - a for a, b in zip(window, window[1:]))

    def stop(self):
        self.stopping.set()
        for writer in self.writers:
            writer.join(2 * AGAIN_S)


class Stage:
    """The cluster, the office with two workers, its peer."""

    def __init__(self, root, program):
        self.cluster, self.root = ha.Cluster(root), root
        self.cluster.start()
        self.office = ha.Office(self.cluster, program)
        self.office.found()
        self.peer = ha.Worker(root, "w3", program, f"{ha.NETWORK}.13")
        self.peer.power_on()
        self.peer.answer("init", self.peer.folder, "--office", "VPQH", "--name",
                         "Văn phòng Quốc hội", "--address", self.peer.address, "--port", ha.PORT,
                         "--wire-address", self.peer.address, "--wire-port", ha.WIRE_PORT)
        first = self.office.workers[0]
        for here, there in ((first, self.peer), (self.peer, first)):
            card = root / f"{there.name}.card"
            card.write_text(json.dumps(there.answer("card", there.folder)))
            here.answer("peer", "add", here.folder, "--card", card, "--address",
                        f"{there.address}:{ha.WIRE_PORT}")
        self.office_id, self.peer_id = (json.loads((root / f"{worker.name}.card").read_text())
                                        ["office"] for worker in (first, self.peer))
        self.tokens = []
        for worker in (first, self.peer):
            worker.answer("user", "add", worker.folder, "--login", "cv", "--title", "Chuyên viên",
                          "--roles", "officer,registry", "--password", PASSWORD)
            self.tokens.append(worker.answer("token", "add", worker.folder, "--login", "cv",
                                             "--label", "thử")["token"])
        for worker in (*self.office.workers, self.peer):
            worker.serve()

    def rows(self, sql):
        return self.cluster.nodes[self.cluster.leader()].sql(sql, "phoihop")

    def close(self):
        self.office.close()
        self.peer.stop()
        self.peer.power_off()
        self.cluster.close()


# ---- the faults: each is done to a machine and returns what makes it whole again ----

def programs_killed(node):
    node.signal(signal.SIGKILL, "patroni", "postgres")
    return node.services_on


def machine_gone(node):
    node.power_off()
    return node.power_on


def stopped(node):
    node.signal(signal.SIGSTOP)
    return lambda: node.signal(signal.SIGCONT)


def cut(*rules):
    def fault(node):
        node.firewall(*rules)
        return node.firewall
    return fault


def disk_full(node):
    """To the last page; what the server gives back meanwhile is taken too."""
    ballast = node.root / "postgresql" / "ballast"
    with ballast.open("ab", buffering=0) as file:
        for piece in (1 << 20, 1 << 12):
            try:
                while True:
                    file.write(bytes(piece))
            except OSError as e:
                assert e.errno == errno.ENOSPC, e
    return ballast.unlink


OTHERS = ", ".join(ha.DATABASES.values())
DEAF, MUTE = ("in", "drop;"), ("out", "drop;")
FAULTS = (
    ("leader", (("kill -9 of the primary", programs_killed),
                ("power cut of the primary", machine_gone))),
    ("leader", (("SIGSTOP of the primary", stopped),)),
    ("leader", (("the primary hears nobody", cut(DEAF)),
                ("nobody hears the primary", cut(MUTE)))),
    ("leader", (("the primary is cut off", cut(DEAF, MUTE)),
                ("the primary is cut off from databases", cut(
                    ("in", f"ip saddr {{ {OTHERS} }} drop;"),
                    ("out", f"ip daddr {{ {OTHERS} }} drop;"))))),
    ("sync_standby", (("power cut of the standby", machine_gone),
                      ("SIGSTOP of the standby", stopped))),
    ("leader", (("disk of the primary full", disk_full),)),
)


def members_without(cluster, name):
    """What the other two machines say; a machine that is cut off believes old things."""
    node = cluster.nodes.pop(name)
    try:
        return cluster.members()
    finally:
        cluster.nodes[name] = node


def role_moved(stage, role, name):
    holder = [other for other, row in members_without(stage.cluster, name).items()
              if row["role"] == role and row["state"] in ("running", "streaming")]
    return holder[0] if holder and holder[0] != name else None


def prove(stage, load, final=False):
    """Compares the database with what was told."""
    known = dict(load.records)
    registered = dict(load.registered)
    held = set(stage.rows("SELECT record FROM head"))
    problems = [f"lost: {subject}" for record, subject in known.items() if record not in held]
    numbers = dict(line.split("|") for line in stage.rows(
        "SELECT request, number FROM k_consultation_intake WHERE number > 0"))
    problems += [f"lost or changed number: {number}" for request, number in registered.items()
                 if request not in numbers or number and numbers[request] != str(number)]
    series = sorted(map(int, numbers.values()))
    if series != list(range(1, len(series) + 1)):
        problems.append(f"the register is not 1..n: {series}")
    for what, sql in (
            ("outbox", "SELECT seq FROM outbox WHERE seq IS NOT NULL ORDER BY seq"),
            ("log", "SELECT log_index + 1 FROM leaf WHERE log_index >= 0 ORDER BY log_index")):
        got = list(map(int, stage.rows(sql)))
        if got != list(range(1, len(got) + 1)):
            problems.append(f"{what} is not 1..n")
    for table, column in (("k_consultation_request", "subject"), ("k_note_note", "title")):
        problems += [f"twice: {line}" for line in stage.rows(
            f"SELECT h.{column} FROM {table} h GROUP BY 1 HAVING count(*) > 1")]
    if final:
        waiting = "SELECT count(*) FROM outbox WHERE acked_ms IS NULL"
        ha.until(lambda: stage.rows(waiting) == ["0"], "all is acknowledged by the peer")
    return problems + load.broken


HEAD = ("no", "fault", "of -> to", "new at s", "gap w1", "gap w2", "acked", "again")


def line(cells):
    return "".join(str(cell).ljust(width) for cell, width in
                   zip(cells, (3, 42, 10, 9, 7, 7, 6, 6)))


def one_round(stage, load, number):
    """A fault and its end; the row of the table and what was wrong."""
    role, ways = FAULTS[number % len(FAULTS)]
    name, way = ways[number // len(FAULTS) % len(ways)]
    victim = stage.cluster.member(role)
    acked, refused, start = load.count(), load.refused, time.monotonic()
    heal = way(stage.cluster.nodes[victim])
    try:
        heir = ha.until(lambda: role_moved(stage, role, victim), f"a new {role}", AGAIN_S)
        moved = time.monotonic() - start
        ha.until(lambda: load.acked_since(start + moved), "writes at both workers", AGAIN_S)
    finally:
        heal()
    stage.cluster.nodes[victim].services_on()
    stage.cluster.wait_well()
    healed = time.monotonic()
    ha.until(lambda: load.acked_since(healed), "writes after the end of the fault", AGAIN_S)
    end = time.monotonic()
    gaps = [load.gap(worker.name, start, end) for worker in load.workers]
    problems = prove(stage, load)
    if max(gaps) > GAP_S:
        problems.append(f"no write for {max(gaps):.1f} s")
    row = (number + 1, name, f"{victim}->{heir}",
           f"{moved:.1f}", *(f"{gap:.1f}" for gap in gaps), load.count() - acked,
           load.refused - refused)
    return row, problems


def rounds(stage, load):
    passed = failed = 0
    print(line(HEAD), flush=True)
    for number in range(FIRST - 1, FIRST - 1 + ROUNDS):
        row, problems = one_round(stage, load, number)
        print(line(row), flush=True)
        for problem in problems[:10]:
            print(f"FAIL fault {number + 1}: {problem}", flush=True)
        failed += bool(problems)
        passed += not problems
    return passed, failed


def the_pool_keeps_a_session(stage):
    """pgbouncer of every machine: what belongs to a session stays with it."""
    secret = (stage.cluster.worker_files / "monitor-password").read_text().strip()
    for node in stage.cluster.nodes.values():
        said = ha.run("psql", f"postgres://monitor@{node.address}:6432/phoihop?sslmode=require",
                      "-XAtq", "-c", "PREPARE q AS SELECT current_setting('work_mem')",
                      "-c", "SET work_mem = '5MB'", "-c", "EXECUTE q",
                      env={**os.environ, "PGPASSWORD": secret})
        assert said == "5MB\n", said


def nothing_is_lost_or_doubled(stage, load):
    problems = prove(stage, load, final=True)
    assert not problems, problems[:10]
    assert not any(writer.is_alive() for writer in load.writers)
    print(f"{load.count()} acts acknowledged, {len(load.registered)} numbers given, "
          f"{load.refused} answers asked for again", flush=True)


def every_folder_passes_check(stage):
    for worker in (*stage.office.workers, stage.peer):
        report = worker.answer("check", worker.folder)
        assert report["equal"], report


def four_offices_complete_their_scene(stage):
    done = subprocess.run(["sh", "test/pg/scene.sh", str(BUILD)], cwd=ROOT, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
                          env={**os.environ, "STORE_URL": stage.cluster.store_address()})
    assert done.returncode == 0, done.stdout


def main():
    ha.enter_namespaces(__file__)
    root = pathlib.Path(tempfile.mkdtemp(prefix="phoihop-ha-"))
    root.chmod(0o755)  # the nodes' users must reach it
    stage = Stage(root, str(BUILD / "phoihop"))
    passed = failed = 0
    try:
        load = Load(stage)
        ha.until(lambda: load.count() > 20, "the first acts")
        passed, failed = rounds(stage, load)
        load.stop()
        for test, needs in ((the_pool_keeps_a_session, (stage,)),
                            (nothing_is_lost_or_doubled, (stage, load)),
                            (every_folder_passes_check, (stage,)),
                            (four_offices_complete_their_scene, (stage,))):
            try:
                test(*needs)
                passed += 1
            except (AssertionError, OSError, subprocess.SubprocessError) as e:
                failed += 1
                print(f"FAIL {test.__name__}: {e}", flush=True)
    finally:
        stage.close()
        if not os.environ.get("KEEP"):
            for node in stage.cluster.nodes.values():
                ha.run("umount", node.root / "postgresql")
            shutil.rmtree(root, ignore_errors=True)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
