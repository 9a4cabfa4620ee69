#!/usr/bin/env python3
"""An office moves from SQLite to PostgreSQL and back by `store copy`, stopped at every page.

    test/pg/with-pg.sh python3 test/pg/copy.py [BUILD]     prints "N passed, M failed"
"""
import json
import os
import pathlib
import pty
import shutil
import signal
import subprocess
import sys
import tempfile

BUILD = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "build").resolve()
PROGRAM = str(BUILD / "phoihop")
URL = os.environ["STORE_URL"] + "&options=-csearch_path%3Dmoved"
WAIT_S = 60
NOTES, RUNS_MAX = 8, 500


def run(*words, stop=False):
    """With `stop`, Ctrl-C was pressed before the first page."""
    def pressed():
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
        os.kill(os.getpid(), signal.SIGINT)
    return subprocess.run([PROGRAM, *map(str, words)], capture_output=True, text=True,
                          timeout=WAIT_S, check=False, preexec_fn=pressed if stop else None)


def answer(*words):
    done = run(*words)
    assert done.returncode == 0, f"{words}: {done.stderr}"
    return json.loads(done.stdout)


def refusal(*words):
    done = run(*words)
    assert done.returncode != 0, f"{words} was not refused"
    return json.loads(done.stderr.splitlines()[-1])["reason"]


def versions(folder):
    report = answer("check", folder)
    assert report["equal"], report
    return report["versions"]


def store_write(folder, url):
    """What the copy says to write into office.ini."""
    path = folder / "office.ini"
    kept = [line for line in path.read_text().splitlines() if not line.startswith("url")]
    text = "\n".join(line for line in kept if line != "[store]") + "\n"
    path.write_text(text + (f"[store]\nurl = {url}\n" if url else ""))


def wrong_orders_are_refused(folder):
    assert refusal("store", "copy", URL, URL) == "copy.folder"
    assert refusal("store", "copy", folder, folder) == "copy.same"
    assert refusal("store", "copy", folder, "postgres://u:p@h/n") == "config.password"


def an_office_moves_to_postgresql_stopped_at_every_page(folder):
    before, stopped = versions(folder), 0
    while (done := run("store", "copy", folder, URL, stop=True)).returncode != 0:
        assert json.loads(done.stderr.splitlines()[-1])["reason"] == "copy.stopped", done.stderr
        stopped += 1
        if "compared" in done.stderr or "đã so sánh" in done.stderr:
            break  # comparing begins anew each time
        assert stopped < RUNS_MAX
    assert stopped > 5, stopped
    report = answer("store", "copy", folder, URL)
    assert report["check"]["equal"] and URL in report["next"], report
    store_write(folder, URL)
    (folder / "office.db").rename(folder / "office.db.before")
    assert versions(folder) == before
    answer("act", folder, "--as", "cv", "note.write", "title=Trên PostgreSQL")
    assert versions(folder) == before + 1


def a_bar_is_drawn_on_a_terminal(folder):
    ours, theirs = pty.openpty()
    done = subprocess.run([PROGRAM, "store", "copy", str(folder), str(folder)],
                          stdout=subprocess.PIPE, stderr=theirs, timeout=WAIT_S, check=False)
    os.close(theirs)
    drawn = b""
    try:
        while piece := os.read(ours, 65536):
            drawn += piece
    except OSError:
        pass  # the end of a terminal
    os.close(ours)
    assert done.returncode == 0 and json.loads(done.stdout)["check"]["equal"], drawn[-400:]
    assert b"[####" in drawn and b"100 %" in drawn, drawn[:400]


def an_office_comes_back_and_works_on(folder):
    before = versions(folder)
    store_write(folder, "")
    assert versions(folder) == before
    answer("act", folder, "--as", "cv", "note.write", "title=Trên tệp")
    assert versions(folder) == before + 1


def a_store_with_something_else_in_it_is_not_overwritten(folder):
    assert refusal("store", "copy", folder, URL) in ("copy.differs", "store.conflict")


TESTS = (wrong_orders_are_refused, an_office_moves_to_postgresql_stopped_at_every_page,
         a_bar_is_drawn_on_a_terminal, an_office_comes_back_and_works_on,
         a_store_with_something_else_in_it_is_not_overwritten)


def main():
    root = pathlib.Path(tempfile.mkdtemp(prefix="phoihop-copy-"))
    root.chmod(0o755)  # the office's user must reach it
    folder, passed, failed = root / "vpcp", 0, 0
    try:
        answer("init", folder, "--office", "VPCP", "--name", "Văn phòng Chính phủ")
        answer("user", "add", folder, "--login", "cv", "--title", "Chuyên viên", "--roles",
               "officer", "--password", "mat-khau-thu")
        for i in range(NOTES):
            answer("act", folder, "--as", "cv", "note.write", f"title=Việc {i}")
        for test in TESTS:
            try:
                test(folder)
                passed += 1
            except (AssertionError, OSError, subprocess.SubprocessError) as e:
                failed += 1
                print(f"FAIL {test.__name__}: {e}", flush=True)
    finally:
        shutil.rmtree(root, ignore_errors=True)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
