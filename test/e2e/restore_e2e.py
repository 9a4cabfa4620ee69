#!/usr/bin/env python3
"""The drill: an office burns down, is restored from an old backup, and everything that it had sent
or taken in is there again. Two real offices; what is done after the backup must survive it.

    restore_e2e.py [BUILD]     prints "N passed, M failed"; exit 1 when M > 0
"""
import os
import pathlib
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from processes_e2e import (PROGRAM, WAIT_S, Office, alive, answer, command,  # noqa: E402
                           free_ports, parts, refusal, until)

FILE_BYTES = 1_500_000  # two chunks
CUTS = 5                # times that a backup is killed
CUT_STEP_S = 0.02


class Side(Office):
    """An office with a desk officer (cv) and a registry (vt)."""

    def __init__(self, folder, port, code):
        super().__init__(folder, port, code)
        self.id = self.founded["office"]
        answer("user", "add", self.folder, "--login", "vt", "--title", "Văn thư",
               "--roles", "registry", "--password", "mat-khau-thu")

    def knows(self, other, top):
        card = top / f"{other.id}.card"
        card.write_text(command("card", other.folder).stdout)
        answer("peer", "add", self.folder, "--card", str(card),
               "--address", f"127.0.0.1:{other.port + 10}")

    def ask(self, other, subject, *files):
        return answer("act", self.folder, "--as", "cv", "consultation.ask", f"subject={subject}",
                      "summary=Xin ý kiến", "days:=5", "urgency=normal",
                      f'asked:=[{{"office":"{other.id}"}}]', *files)["record"]

    def register(self, record):
        return answer("act", self.folder, "--as", "vt", "consultation.register",
                      f"record={record}")["more"]["number"]

    def peer(self):
        return answer("exchange", self.folder)["peers"][0]

    def quiet(self):
        told = answer("exchange", self.folder)
        peer = told["peers"][0]
        return told["closed"] == "" and peer["waiting"] == 0 and peer["files"] == 0

    def holds(self, *records):
        with sqlite3.connect(f"file:{self.folder}/office.db?mode=ro", uri=True) as db:
            held = {row[0] for row in db.execute("SELECT record FROM version")}
        return set(records) <= held

    def dies(self):
        """As in a fire: nothing is closed, nothing of the folder is left."""
        below = parts(self.process.pid).values()
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait(WAIT_S)
        os.close(self.leash)
        until(lambda: not any(alive(pid) for pid in below), "the end of the parts")
        shutil.rmtree(self.folder)


class Stage:
    def __init__(self, top):
        self.top = top
        first = free_ports(40)
        self.a = Side(top / "a", first, "VPA")
        self.b = Side(top / "b", first + 20, "VPB")
        self.a.knows(self.b, top)
        self.b.knows(self.a, top)
        self.backup = str(top / "backup")
        self.before = self.after = None

    def file(self, name):
        path = self.top / name
        path.write_bytes(os.urandom(FILE_BYTES))
        path.chmod(0o644)
        return f"files=@{path}"

    def close(self):
        for office in (self.a, self.b):
            office.process.terminate()
            office.process.wait(WAIT_S)


def a_backup_is_made_while_the_office_works(stage):
    stage.before = stage.a.ask(stage.b, "Trước khi sao lưu", stage.file("truoc.bin"))
    until(lambda: stage.a.quiet() and stage.b.holds(stage.before), "the first request")
    until(stage.b.quiet, "its file")
    made = answer("backup", stage.a.folder, stage.backup)
    assert made["copied"] == 1 and made["damaged"] == 0, made
    answer("backup", stage.a.folder, stage.backup, "--verify")


def files_that_are_there_already_are_not_copied_again(stage):
    made = answer("backup", stage.a.folder, stage.backup)
    assert made["copied"] == 0 and made["bytes"] == 0, made
    blob = next(path for path in (pathlib.Path(stage.backup) / "blobs").rglob("*")
                if path.is_file())
    content = blob.read_bytes()
    blob.chmod(0o600)
    blob.write_bytes(content[:-1] + b"?")  # a bit of the backup's disk has changed
    assert refusal("backup", stage.a.folder, stage.backup, "--verify")["reason"] == "blob.corrupt"
    assert answer("backup", stage.a.folder, stage.backup)["copied"] == 1
    answer("backup", stage.a.folder, stage.backup, "--verify")


def a_backup_that_is_killed_leaves_the_one_before(stage):
    for cut in range(CUTS):
        making = subprocess.Popen([PROGRAM, "backup", stage.a.folder, stage.backup],
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            making.wait(cut * CUT_STEP_S + 0.005)
        except subprocess.TimeoutExpired:
            making.kill()
            making.wait()
        answer("backup", stage.a.folder, stage.backup, "--verify")
    assert answer("backup", stage.a.folder, stage.backup)["damaged"] == 0
    left = [p.name for p in pathlib.Path(stage.backup).iterdir() if p.name.startswith("backup-")]
    assert len(left) == 1, left


def a_changed_list_is_refused(stage):
    copy = stage.top / "forged"
    shutil.copytree(stage.backup, copy)
    for path in (copy, *copy.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    text = (copy / "list").read_text()
    (copy / "list").write_text(text.replace("time 1", "time 2", 1))
    target = str(stage.top / "never")
    assert refusal("restore", str(copy), target)["reason"] == "backup.signature"
    assert refusal("restore", stage.backup, stage.a.folder)["reason"] == "restore.not_empty"


def an_old_backup_comes_back_whole(stage):
    a, b = stage.a, stage.b
    sent = a.ask(b, "Sau khi sao lưu", stage.file("sau.bin"))
    asked = b.ask(a, "Hỏi sau khi sao lưu")
    until(lambda: b.holds(sent) and a.holds(asked), "what comes after the backup")
    number = a.register(asked)
    until(lambda: a.quiet() and b.quiet(), "everything acknowledged")
    epoch = a.peer()["epoch"]
    a.dies()
    restored = answer("restore", stage.backup, a.folder)
    assert restored["peers"] == 1 and restored["office"] == a.id, restored
    assert refusal("act", a.folder, "--as", "cv", "note.write",
                   "title=quá sớm")["reason"] == "restore.recovering"
    a.start()
    until(lambda: a.quiet() and b.quiet(), "the recovery")
    assert a.holds(stage.before, sent, asked)
    assert a.peer()["epoch"] > epoch
    assert a.register(asked) == number  # the receipt that b holds says it
    again = b.ask(a, "Hỏi sau khi phục hồi")
    until(lambda: a.holds(again), "a new request")
    assert a.register(again) == number + 1
    after = a.ask(b, "Sau khi phục hồi")
    until(lambda: b.holds(after) and a.quiet() and b.quiet(), "a new request of the restored one")
    a.check()
    b.check()


def of_two_copies_the_older_stops(stage):
    a, b = stage.a, stage.b
    assert a.stop() == 0
    copy = stage.top / "copy"
    subprocess.run(["cp", "-a", a.folder, copy], check=True)
    settings = copy / "office.ini"
    settings.write_text(settings.read_text().replace(f"= {a.port}\n", f"= {a.port + 5}\n")
                        .replace(f"= {a.port + 10}\n", f"= {a.port + 15}\n"))
    a.start()
    until(a.quiet, "the first copy")
    second = Side.__new__(Side)
    second.folder, second.port, second.id = str(copy), a.port + 5, a.id
    second.start()
    until(second.quiet, "the second copy")
    written = second.ask(b, "Của bản sau")
    until(lambda: b.holds(written), "what the second copy sends")
    a.ask(b, "Của bản trước")
    until(lambda: answer("exchange", a.folder)["closed"] == "fence.superseded", "the first stops")
    assert refusal("act", a.folder, "--as", "cv", "note.write",
                   "title=thôi")["reason"] == "fence.superseded"
    assert second.stop() == 0
    assert answer("resume", a.folder)["was"] == "fence.superseded"
    until(lambda: a.quiet() and b.quiet(), "the first goes on")
    assert a.holds(written)  # what the other copy sent has come back
    a.check()
    b.check()


TESTS = [
    a_backup_is_made_while_the_office_works,
    files_that_are_there_already_are_not_copied_again,
    a_backup_that_is_killed_leaves_the_one_before,
    a_changed_list_is_refused,
    an_old_backup_comes_back_whole,
    of_two_copies_the_older_stops,
]


def main():
    passed = failed = 0
    top = pathlib.Path(tempfile.mkdtemp(prefix="phoihop-restore-"))
    top.chmod(0o755)  # the offices' user must reach it
    stage = Stage(top)
    try:
        for test in TESTS:
            try:
                test(stage)
                passed += 1
                print(f"  {test.__name__}", flush=True)
            except (AssertionError, OSError, KeyError, subprocess.SubprocessError) as e:
                failed += 1
                print(f"test/e2e/restore_e2e.py: {test.__name__}: {e!r}", flush=True)
    finally:
        stage.close()
        shutil.rmtree(top, ignore_errors=True)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
