#!/usr/bin/env python3
"""The processes of an office: what people see while they are killed, and what is left then.

    processes_e2e.py [BUILD]     prints "N passed, M failed"; exit 1 when M > 0

With STORE_URL in the environment (test/pg/with-pg.sh) the office works on PostgreSQL.
"""
import json
import mmap
import os
import pathlib
import random
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request

BUILD = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "build").resolve()
PROGRAM = str(BUILD / "phoihop")
STORE = os.environ.get("STORE_URL")
WAIT_S = 30
TURN_S = 0.005
KILLS, KILL_PAUSE_S = 12, 0.04
SLOT_BYTES, SLOTS, SLOT_BUSY = 36, 64, 2  # src/main/slots.h
SLOTS_FD = "9"                            # WORKER_SLOTS_FD


def free_ports(count):
    """Ports in a row that nobody has now, found by chance: others look for some too."""
    for first in random.sample(range(21000, 29000, 40), 200):
        held = []
        try:
            for port in range(first, first + count):
                s = socket.socket()
                held.append(s)
                s.bind(("127.0.0.1", port))
            return first
        except OSError:
            continue
        finally:
            for s in held:
                s.close()
    raise RuntimeError("no free ports")


def command(*args, **more):
    return subprocess.run([PROGRAM, *args], capture_output=True, text=True, timeout=WAIT_S, **more)


def answer(*args):
    done = command(*args)
    assert done.returncode == 0, f"{args}: {done.stderr}"
    return json.loads(done.stdout)


def refusal(*args):
    done = command(*args)
    assert done.returncode != 0, f"{args} was not refused"
    return json.loads(done.stderr.splitlines()[-1])


def until(question, what):
    """Looks again and again, and gives up at the end of its patience."""
    end = time.monotonic() + WAIT_S
    pause = threading.Event()
    while time.monotonic() < end:
        found = question()
        if found:
            return found
        pause.wait(TURN_S)
    raise AssertionError(f"{what}: not in {WAIT_S} s")


def children(parent):
    """Ids of the processes that `parent` started."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            stat = (entry / "stat").read_text()
        except OSError:
            continue  # it has ended
        if int(stat.rpartition(")")[2].split()[1]) == parent:
            found.append(int(entry.name))
    return found


def parts(supervisor):
    """Names and ids of the processes of one office."""
    found = {}
    for pid in children(supervisor):
        try:
            words = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if len(words) > 1:
            found[words[1].decode()] = pid
    return found


def alive(pid):
    return os.path.exists(f"/proc/{pid}")


def store_words(port):
    """A schema of its own for each office."""
    return ["--store", f"{STORE}&options=-csearch_path%3Dp{port}"] if STORE else []


class Office:
    """One office that is served; ends with the test because its leash is let go."""

    def __init__(self, folder, port, code="VPQH"):
        self.folder, self.port = str(folder), port
        self.founded = answer("init", self.folder, "--office", code, "--name", "Văn phòng",
                              "--port", str(port), "--wire-address", "127.0.0.1",
                              *store_words(port))
        answer("user", "add", self.folder, "--login", "cv", "--title", "Chuyên viên",
               "--roles", "officer", "--password", "mat-khau-thu")
        self.start()

    def start(self):
        ready, told = os.pipe()
        held, self.leash = os.pipe()
        self.process = subprocess.Popen(
            [PROGRAM, "serve", self.folder, "--ready-fd", str(told), "--leash-fd", str(held)],
            pass_fds=(told, held), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(told)
        os.close(held)
        line = b""
        if select.select([ready], [], [], WAIT_S)[0]:
            line = os.read(ready, 4096)
        os.close(ready)
        assert json.loads(line)["ready"], "the office did not become ready"

    def part(self, name):
        return until(lambda: parts(self.process.pid).get(name), name)

    def stop(self):
        os.close(self.leash)
        return self.process.wait(WAIT_S)

    def write(self, title):
        return answer("act", self.folder, "--as", "cv", "note.write", f"title={title}")["record"]

    def titles(self):
        rows = answer("view", self.folder, "--as", "cv", "note.list")["data"]["rows"]
        return [row["cells"][0]["text"] for row in rows]

    def check(self):
        report = answer("check", self.folder)
        assert report["equal"], report


def a_part_that_is_killed_comes_back_and_nothing_is_lost(office, _):
    written = []
    for name in ("keeper", "courier", "parser", "worker") * 2:
        old = office.part(name)
        os.kill(old, signal.SIGKILL)
        written.append(f"sau khi {name} dừng {len(written)}")
        office.write(written[-1])
        until(lambda: office.part(name) != old, f"a new {name}")
    assert set(written) <= set(office.titles())
    office.check()


def a_second_start_is_refused(office, _):
    assert refusal("serve", office.folder)["reason"] == "serve.running"


def the_supervisor_takes_everything_with_it_and_the_next_start_repairs(office, _):
    title = "trước khi mọi tiến trình dừng"
    office.write(title)
    below = parts(office.process.pid).values()
    os.kill(office.process.pid, signal.SIGKILL)
    office.process.wait(WAIT_S)
    until(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in below), "the end of the parts")
    os.close(office.leash)
    office.start()
    assert title in office.titles()
    office.check()


def stopped_and_running_answer_alike(office, _):
    running = answer("view", office.folder, "--as", "cv", "note.list")
    assert office.stop() == 0
    stopped = answer("view", office.folder, "--as", "cv", "note.list")
    office.write("khi văn phòng nghỉ")
    office.start()
    assert running == stopped
    assert "khi văn phòng nghỉ" in office.titles()


def two_commands_at_a_stopped_office_wait_for_each_other(office, _):
    assert office.stop() == 0
    both = [subprocess.Popen([PROGRAM, "act", office.folder, "--as", "cv", "note.write",
                              f"title=cùng lúc {i}"], stdout=subprocess.DEVNULL) for i in range(4)]
    assert [p.wait(WAIT_S) for p in both] == [0] * 4
    office.start()
    assert {f"cùng lúc {i}" for i in range(4)} <= set(office.titles())


def refusals_are_json_with_their_code(office, _):
    done = command("act", office.folder, "--as", "cv", "note.write")
    failure = json.loads(done.stderr)
    assert done.returncode == 1 and failure["error"] == "invalid" and "title" in failure["fields"]
    assert command("act", office.folder).returncode == 2
    assert command("nothing").returncode == 2


def nobody_else_may_reach_in(office, _):
    database = [] if STORE else ["office.db"]
    for name in (".", "keys", "keys/office.key", "control.sock", "office.ini", *database):
        mode = os.stat(os.path.join(office.folder, name)).st_mode & 0o077
        assert mode == 0, f"{name}: {mode:o}"


def the_keeper_may_not_open_a_file(office, _):
    status = pathlib.Path(f"/proc/{office.part('keeper')}/status").read_text()
    assert "Seccomp:\t2" in status and "NoNewPrivs:\t1" in status


def no_process_of_the_office_is_root(office, _):
    if os.geteuid() != 0:
        return
    for pid in [office.process.pid, *parts(office.process.pid).values()]:
        uids = [l for l in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
                if l.startswith("Uid:")]
        assert "0" not in uids[0].split()[1:], uids


def a_folder_above_may_be_closed(_, top):
    """A clone in the home of root: the office's user cannot reach it by its path."""
    closed = top / "closed"
    closed.mkdir(mode=0o700)
    office = Office(closed / "office", free_ports(20))
    office.write("trong thư mục đóng")
    assert office.titles() == ["trong thư mục đóng"]
    office.check()
    assert office.stop() == 0
    office.check()


def what_was_left_in_tmp_is_cleared_at_the_start(office, _):
    assert office.stop() == 0
    left = pathlib.Path(office.folder) / "tmp" / "left-behind"
    left.write_bytes(b"half a file")
    office.start()
    assert not left.exists()


def log_in(office):
    body = b"login=cv&password=mat-khau-sai"
    request = urllib.request.Request(
        f"http://127.0.0.1:{office.port}/login", data=body,
        headers={"Origin": f"http://127.0.0.1:{office.port}", "Sec-Fetch-Site": "same-origin"})
    try:
        return urllib.request.urlopen(request, timeout=WAIT_S).status
    except urllib.error.HTTPError as e:
        return e.code
    except OSError:
        return 0  # the worker ended under it


def what_crashed_the_worker_twice_is_set_aside(office, _):
    for _ in range(2):
        worker = office.part("worker")
        with open(f"/proc/{worker}/fd/{SLOTS_FD}", "r+b") as f:
            slots = mmap.mmap(f.fileno(), 0)
        asking = threading.Thread(target=log_in, args=(office,))
        asking.start()
        until(lambda: any(slots[i * SLOT_BYTES] == SLOT_BUSY for i in range(SLOTS)), "work")
        os.kill(worker, signal.SIGSEGV)
        asking.join(WAIT_S)
        until(lambda: office.part("worker") != worker, "a new worker")
        until(lambda: command("card", office.folder).returncode == 0, "answers")
    assert log_in(office) == 500
    office.write("mọi việc khác vẫn chạy")


def a_round_survives_kills_of_every_office(_, top):
    """Workers, keepers and couriers of all four end at any moment; the scene still plays."""
    demo_dir = top / "demo"
    first = free_ports(20)
    args = [PROGRAM, "demo", "--dir", str(demo_dir), "--port", str(first), "--once"]
    subprocess.run(args, check=True, timeout=WAIT_S, capture_output=True)  # founds them
    demo = subprocess.Popen(args, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    killed = set()
    pause = threading.Event()
    while demo.poll() is None:
        for supervisor in children(demo.pid):
            for name, pid in sorted(parts(supervisor).items()):
                if (supervisor, name) not in killed and len(killed) < KILLS:
                    os.kill(pid, signal.SIGKILL)
                    killed.add((supervisor, name))
                    break
        pause.wait(KILL_PAUSE_S)
    table = json.loads(demo.stdout.read())
    assert demo.returncode == 0 and len(killed) >= 4, f"exit {demo.returncode}, {killed}"
    assert len(table["rows"]) >= 5, table
    for name in ("vptw", "vpctn", "vpqh", "vpcp"):
        report = answer("check", str(demo_dir / name))
        assert report["equal"], report


def the_demo_ends_with_its_own_end(_, top):
    first = free_ports(20)
    demo = subprocess.Popen([PROGRAM, "demo", "--dir", str(top / "demo"), "--port", str(first)],
                            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    until(lambda: "Ctrl-C" in (demo.stdout.readline() or ""), "the addresses")
    started = children(demo.pid)
    assert len(started) == 4
    os.kill(demo.pid, signal.SIGKILL)
    demo.wait(WAIT_S)
    until(lambda: not any(alive(pid) for pid in started), "the end of the offices")


TESTS = [
    a_part_that_is_killed_comes_back_and_nothing_is_lost,
    a_second_start_is_refused,
    the_supervisor_takes_everything_with_it_and_the_next_start_repairs,
    stopped_and_running_answer_alike,
    two_commands_at_a_stopped_office_wait_for_each_other,
    refusals_are_json_with_their_code,
    nobody_else_may_reach_in,
    the_keeper_may_not_open_a_file,
    no_process_of_the_office_is_root,
    a_folder_above_may_be_closed,
    what_was_left_in_tmp_is_cleared_at_the_start,
    what_crashed_the_worker_twice_is_set_aside,
    a_round_survives_kills_of_every_office,
    the_demo_ends_with_its_own_end,
]


def main():
    passed = failed = 0
    top = pathlib.Path(tempfile.mkdtemp(prefix="phoihop-processes-"))
    top.chmod(0o755)  # the office's user must reach it
    office = Office(top / "office", free_ports(20))
    try:
        for test in TESTS:
            try:
                test(office, top)
                passed += 1
                print(f"  {test.__name__}", flush=True)
            except (AssertionError, OSError, subprocess.SubprocessError) as e:
                failed += 1
                print(f"test/e2e/processes_e2e.py: {test.__name__}: {e!r}", flush=True)
    finally:
        office.process.terminate()
        office.process.wait(WAIT_S)
        shutil.rmtree(top, ignore_errors=True)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
