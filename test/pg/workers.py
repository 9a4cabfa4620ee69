#!/usr/bin/env python3
"""One office, one PostgreSQL, two workers in two folders: who sends, and what each one sees.

    test/pg/with-pg.sh python3 test/pg/workers.py [BUILD]     prints "N passed, M failed"
"""
import http.client
import json
import os
import pathlib
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "e2e"))
from mail_e2e import Mail  # noqa: E402

BUILD = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "build").resolve()
PROGRAM = str(BUILD / "phoihop")
URL = os.environ["STORE_URL"] + "&options=-csearch_path%3Dvpcp"
WAIT_S = 60
TAKEN_S = 10  # a dead holder of the lease is followed within this
LETTERS = 24
LATE_S = 60  # no letter is later, whoever was killed
PASSWORD = "mat-khau-thu"


def answer(*words):
    done = subprocess.run([PROGRAM, *map(str, words)], capture_output=True, text=True,
                          timeout=WAIT_S, check=False)
    assert done.returncode == 0, f"{words}: {done.stderr}"
    return json.loads(done.stdout)


def until(question, what, wait_s=WAIT_S):
    """Looks again and again; returns how long it took."""
    start, pause = time.monotonic(), threading.Event()
    while time.monotonic() < start + wait_s:
        if question():
            return time.monotonic() - start
        pause.wait(0.02)
    raise AssertionError(f"{what}: not in {wait_s} s")


class Worker:
    """One folder that is served; ends with the test because its leash is let go."""

    def __init__(self, folder, port):
        self.folder, self.port, self.leash, self.process = folder, port, None, None

    def start(self, *more):
        ready, told = os.pipe()
        held, self.leash = os.pipe()
        self.process = subprocess.Popen(
            [PROGRAM, "serve", str(self.folder), "--ready-fd", str(told), "--leash-fd", str(held),
             *more], pass_fds=(told, held), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(told)
        os.close(held)
        line = os.read(ready, 4096) if select.select([ready], [], [], WAIT_S)[0] else b""
        os.close(ready)
        assert line, f"{self.folder} did not become ready"

    def stop(self):
        if self.leash is not None:
            os.close(self.leash)
            self.leash = None
            self.process.wait(WAIT_S)

    def processes(self):
        pids = [self.process.pid]
        for pid in pids:
            for task in pathlib.Path(f"/proc/{pid}/task").glob("*/children"):
                pids += [int(child) for child in task.read_text().split()]
        return pids

    def kill(self):
        """kill -9 of the supervisor; its processes die with it."""
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait(WAIT_S)
        os.close(self.leash)
        self.leash = None

    def request(self, method, path, body=None, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=WAIT_S)
        connection.request(method, path, body, headers)
        got = connection.getresponse()
        return got, got.read()

    def login(self, login):
        got, page = self.request("GET", "/login")
        jar = [h.split(";")[0] for h in got.headers.get_all("Set-Cookie") or []]
        form = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.decode()))
        form |= {"login": login, "password": PASSWORD}
        got, _ = self.request("POST", "/login", urllib.parse.urlencode(form), **{
            "Content-Type": "application/x-www-form-urlencoded", "Cookie": "; ".join(jar),
            "Origin": f"http://127.0.0.1:{self.port}"})
        jar += [h.split(";")[0] for h in got.headers.get_all("Set-Cookie") or []]
        assert got.status == 303, f"login: {got.status}"
        return "; ".join(jar)

    def act(self, login, act, **fields):
        return answer("act", self.folder, "--as", login, act,
                      *(f"{name}{':' if not isinstance(value, str) else ''}="
                        f"{value if isinstance(value, str) else json.dumps(value)}"
                        for name, value in fields.items()))


class Stage:
    """VPCP on PostgreSQL with two workers, VPQH on SQLite, which only receives."""

    def __init__(self, root):
        self.root = root
        self.a, self.b = Worker(root / "vpcp", 23901), Worker(root / "vpcp2", 23902)
        self.peer = Worker(root / "vpqh", 23903)
        answer("init", self.a.folder, "--office", "VPCP", "--name", "Văn phòng Chính phủ",
               "--port", self.a.port, "--wire-address", "127.0.0.1", "--store", URL)
        answer("init", self.peer.folder, "--office", "VPQH", "--name", "Văn phòng Quốc hội",
               "--port", self.peer.port, "--wire-address", "127.0.0.1")
        for office, other, port in ((self.a, self.peer, 23913), (self.peer, self.a, 23911)):
            card = root / f"{other.folder.name}.card"
            card.write_text(json.dumps(answer("card", other.folder)))
            answer("peer", "add", office.folder, "--card", card, "--address", f"127.0.0.1:{port}")
        answer("user", "add", self.a.folder, "--login", "cv", "--title", "Chuyên viên",
               "--roles", "officer", "--password", PASSWORD)
        answer("user", "add", self.peer.folder, "--login", "cvq", "--title", "Chuyên viên",
               "--roles", "officer", "--password", PASSWORD)
        answer("act", self.a.folder, "--as", "admin", "office.add_person", "login=vt",
               "title=Văn thư", "registry:=true", f"password={PASSWORD}", "email=vt@vpcp.example")
        self.mail = Mail(23909)
        self.mail.open()
        with (self.a.folder / "office.ini").open("a") as out:
            out.write("[mail]\nserver = 127.0.0.1:23909\ntls = none\nfrom = a@vpcp.example\n")
        self.second_folder()
        self.asked = 0
        self.peer_id = answer("card", self.peer.folder)["office"]
        for worker in (self.peer, self.a, self.b):
            worker.start()

    def second_folder(self):
        """As docs/operators.md says: the keys and office.ini, other ports, the files shared."""
        first, second = self.a.folder, self.b.folder
        owner, shared = first.stat(), self.root / "files"
        shutil.copytree(first / "keys", second / "keys")
        shared.mkdir(mode=0o700)
        text = (first / "office.ini").read_text() + f"\n[store]\nblobs = {shared}\n"
        (first / "office.ini").write_text(text)
        (second / "office.ini").write_text(text.replace("= 23901", "= 23902")
                                           .replace("= 23911", "= 23912"))
        for path in (second, second / "keys", second / "office.ini", shared,
                     *(second / "keys").iterdir()):
            os.chown(path, owner.st_uid, owner.st_gid)
            path.chmod(0o700 if path.is_dir() else 0o600)

    def ask(self, worker):
        self.asked += 1
        return worker.act("cv", "consultation.ask", subject=f"Dự thảo số {self.asked}",
                          summary="Xin ý kiến", days=5, urgency="normal",
                          asked=[{"office": self.peer_id}])["record"]

    def holder(self):
        return int((self.rows("SELECT fence FROM vpcp.lease WHERE beat > 0") or ["0"])[0])

    def acked(self, record):
        return self.rows(f"SELECT 1 FROM vpcp.outbox WHERE record = '{record}' AND acked_ms > 0")

    def rows(self, sql):
        done = subprocess.run(["psql", os.environ["STORE_URL"], "-Atc", sql], capture_output=True,
                              text=True, check=True, timeout=WAIT_S)
        return done.stdout.split()

    def close(self):
        for worker in (self.a, self.b, self.peer):
            worker.stop()


def acts_on_one_are_seen_on_the_other(stage):
    record = stage.a.act("cv", "note.write", title="Viết ở A")["record"]
    page = answer("view", stage.b.folder, "--as", "cv", "note.show", f"record={record}")
    assert "Viết ở A" in json.dumps(page, ensure_ascii=False)
    record = stage.b.act("cv", "note.write", title="Viết ở B")["record"]
    page = answer("view", stage.a.folder, "--as", "cv", "note.show", f"record={record}")
    assert "Viết ở B" in json.dumps(page, ensure_ascii=False)


def a_session_opened_on_one_holds_on_the_other(stage):
    cookie = stage.a.login("cv")
    got, page = stage.b.request("GET", "/view/note.list", Cookie=cookie)
    assert got.status == 200 and "Viết ở A" in page.decode(), got.status


def an_event_of_one_reaches_the_browsers_of_the_other(stage):
    connection = http.client.HTTPConnection("127.0.0.1", stage.b.port, timeout=WAIT_S)
    connection.request("GET", "/events?view=note.list", headers={"Cookie": stage.a.login("cv")})
    stream = connection.getresponse()
    assert stream.status == 200, stream.status
    stage.a.act("cv", "note.write", title="Báo sang B")
    while not (line := stream.readline()).startswith(b"data:"):
        assert line, "the stream ended"
    connection.close()


def a_file_given_to_one_is_read_on_the_other(stage):
    token = answer("token", "add", stage.a.folder, "--login", "cv", "--label", "thử")["token"]
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/octet-stream"}
    data = os.urandom(100_000)
    got, text = stage.a.request("POST", "/api/file", data, **headers)
    assert got.status == 200, text
    root = json.loads(text)["root"]
    record = stage.b.act("cv", "consultation.ask", subject="Có tệp", summary="x", days=5,
                         urgency="normal", asked=[{"office": stage.peer_id}],
                         files=[{"root": root, "name": "a.bin", "size": len(data),
                                 "media": "application/octet-stream"}])["record"]
    stage.asked += 1
    got, back = stage.a.request("GET", f"/file/{record}/{root}", Cookie=stage.b.login("cv"))
    assert got.status == 200 and back == data, got.status


def what_either_one_records_is_sent(stage):
    for i in range(6):
        stage.ask((stage.a, stage.b)[i % 2])
    sent = "SELECT count(*) FROM vpcp.outbox WHERE acked_ms IS NOT NULL"
    until(lambda: int(stage.rows(sent)[0]) >= stage.asked, "acknowledged")


def the_other_one_sends_after_kill_9_of_the_holder(stage):
    """Also when it happens again and again, from either side."""
    longest = 0
    for _ in range(3):
        # Whichever of the two holds it now, one of these kills is of the holder.
        for victim, other in ((stage.a, stage.b), (stage.b, stage.a)):
            fence = stage.holder()
            victim.kill()
            record = stage.ask(other)
            longest = max(longest, until(lambda: stage.acked(record), "sent", TAKEN_S))
            victim.start()
            assert stage.holder() >= fence
    print(f"     sent at most {longest:.1f} s after the kill", flush=True)


def a_holder_that_stops_in_order_hands_over_at_once(stage):
    stage.a.stop()
    record = stage.ask(stage.b)
    until(lambda: stage.acked(record), "sent after the stop", 3)
    stage.a.start()


def a_holder_that_slept_steps_back(stage):
    fence = stage.holder()  # of the second worker, by the test before
    asleep = stage.b.processes()
    for pid in asleep:
        os.kill(pid, signal.SIGSTOP)
    try:
        record = stage.ask(stage.a)
        until(lambda: stage.acked(record), "sent while the holder sleeps", TAKEN_S)
    finally:
        for pid in asleep:
            os.kill(pid, signal.SIGCONT)
    assert stage.holder() > fence
    record = stage.ask(stage.b)
    until(lambda: stage.acked(record), "sent after it woke up")


def every_letter_leaves_once_though_both_workers_send(stage):
    """The peer asks and urges; whichever worker claims the job hands the letter over."""
    letters = urge_many(stage, 0)
    until(lambda: len(stage.mail.letters) >= LETTERS, "letters")
    until(lambda: stage.rows("SELECT count(*) FROM vpcp.job WHERE kind = 'notice.post'") == ["0"],
          "no job is left")
    ids = [m["Message-ID"] for m in stage.mail.messages()]
    assert len(ids) == len(set(ids)) == len(letters), (len(ids), len(set(ids)))


def a_killed_worker_s_letters_leave_by_the_other(stage):
    """What it had claimed is late, not lost; what it had handed over may come a second time."""
    before = len(stage.mail.letters)
    stage.mail.slow_s = 0.1
    urge_many(stage, LETTERS)
    until(lambda: len(stage.mail.letters) > before + 2, "some letters")
    stage.b.kill()
    took = until(lambda: len(ids_of(stage)) == 2 * LETTERS, "letters", LATE_S)
    stage.mail.slow_s = 0.0
    until(lambda: stage.rows("SELECT count(*) FROM vpcp.job WHERE kind = 'notice.post'") == ["0"],
          "no job is left", LATE_S)
    doubled = len(stage.mail.letters) - 2 * LETTERS
    print(f"     all {took:.0f} s after the kill, {doubled} came twice", flush=True)
    stage.b.start()


def ids_of(stage):
    return {m["Message-ID"] for m in stage.mail.messages()}


def urge_many(stage, first):
    own = answer("card", stage.a.folder)["office"]
    records = []
    for number in range(first, first + LETTERS):
        records.append(stage.peer.act("cvq", "consultation.ask", subject=f"Việc {number}", days=5,
                                      urgency="hoa_toc", asked=[{"office": own}])["record"])
    for record in records:
        stage.peer.act("cvq", "consultation.remind", record=record)
    return records


def nothing_is_lost_or_doubled(stage):
    waiting = "SELECT count(*) FROM vpcp.outbox WHERE acked_ms IS NULL"
    until(lambda: stage.rows(waiting) == ["0"], "all acknowledged")
    numbers = stage.rows("SELECT seq FROM vpcp.outbox ORDER BY seq")
    assert numbers == [str(i + 1) for i in range(len(numbers))], numbers
    leaves = "SELECT count(*) - count(DISTINCT log_index) FROM vpcp.leaf WHERE log_index >= 0"
    assert stage.rows(leaves) == ["0"]
    stage.peer.stop()
    received = subprocess.run(
        [sys.executable, "-c", "import sqlite3, sys; db = sqlite3.connect(sys.argv[1]);"
         " print(*db.execute('SELECT count(*), count(DISTINCT q.subject) FROM head h JOIN"
         " k_consultation_request q ON q.record = h.record WHERE h.home <> ?',"
         " sys.argv[2:]).fetchone())", stage.peer.folder / "office.db", stage.peer_id],
        capture_output=True, text=True, check=True, timeout=WAIT_S).stdout.split()
    assert received == [str(stage.asked)] * 2, (received, stage.asked)
    for worker in (stage.a, stage.b, stage.peer):
        report = answer("check", worker.folder)
        assert report["equal"], report


TESTS = (acts_on_one_are_seen_on_the_other, a_session_opened_on_one_holds_on_the_other,
         an_event_of_one_reaches_the_browsers_of_the_other,
         a_file_given_to_one_is_read_on_the_other, what_either_one_records_is_sent,
         the_other_one_sends_after_kill_9_of_the_holder,
         a_holder_that_stops_in_order_hands_over_at_once, a_holder_that_slept_steps_back,
         every_letter_leaves_once_though_both_workers_send,
         a_killed_worker_s_letters_leave_by_the_other,
         nothing_is_lost_or_doubled)


def main():
    root = pathlib.Path(tempfile.mkdtemp(prefix="phoihop-workers-"))
    root.chmod(0o755)  # the office's user must reach it
    passed = failed = 0
    stage = Stage(root)
    try:
        for test in TESTS:
            try:
                test(stage)
                passed += 1
            except (AssertionError, OSError, subprocess.SubprocessError) as e:
                failed += 1
                print(f"FAIL {test.__name__}: {e}", flush=True)
    finally:
        stage.close()
        shutil.rmtree(root, ignore_errors=True)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
