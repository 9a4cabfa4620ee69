#!/usr/bin/env python3
"""Recurrence rules made by chance, expanded by python3-dateutil and by us.

    rules.py BUILD [COUNT [SEED]]   makes COUNT rules (10,000) and has calendar_rule_test read them
    rules.py --write FILE COUNT SEED   only writes them

A line: rule, start, from, to in seconds of local time, then every instance from `from` to `to`.
Left out is where dateutil goes another way than the RFC or our header: a week's BYSETPOS before the
start, BYWEEKNO without a day of the week or at the turn of the year; and rules that never come, for
which dateutil looks until the year 9999.
"""
import datetime
import os
import random
import signal
import subprocess
import sys
import tempfile

from dateutil.rrule import rrulestr

EPOCH = datetime.datetime(1970, 1, 1)
DAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
FREQS = ["YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY", "MINUTELY", "SECONDLY"]
SPAN_DAYS = dict(zip(FREQS, [9000, 1500, 700, 300, 20, 2, 0.1]))
SHOWN = 40
PATIENCE_S = 0.3


def seconds(moment):
    return int((moment - EPOCH).total_seconds())


def some(r, values, most):
    return ",".join(str(v) for v in r.sample(values, r.randint(1, min(most, len(values)))))


def make(r):
    """A rule and its start."""
    freq = r.choices(FREQS, [5, 6, 6, 4, 2, 1, 1])[0]
    start = EPOCH + datetime.timedelta(days=r.randint(14000, 24000), hours=r.randint(0, 23),
                                       minutes=r.choice([0, 15, 30, 45, 7]),
                                       seconds=r.choice([0, 0, 0, 20]))
    parts = ["FREQ=" + freq]
    if r.random() < 0.5:
        parts.append("INTERVAL=%d" % r.randint(1, 6))
    if r.random() < 0.2:
        parts.append("WKST=" + r.choice(DAYS))
    week_no = freq == "YEARLY" and r.random() < 0.15
    rare = freq in ("MINUTELY", "SECONDLY")
    if not rare and r.random() < 0.3:
        parts.append("BYMONTH=" + some(r, list(range(1, 13)), 4))
    if week_no:
        parts.append("BYWEEKNO=" + some(r, [2, 10, 20, 51, -2, -10], 3))
        parts.append("BYDAY=" + some(r, DAYS, 3))
    elif not rare:
        if freq != "WEEKLY" and r.random() < 0.3:
            parts.append("BYMONTHDAY=" + some(r, [1, 2, 13, 15, 28, 29, 30, 31, -1, -2, -31], 4))
        if freq in ("YEARLY", "HOURLY") and r.random() < 0.15:
            parts.append("BYYEARDAY=" + some(r, [1, 60, 100, 200, 365, 366, -1, -100, -366], 4))
        if r.random() < 0.45:
            numbered = [n + d for n in ("1", "2", "-1", "+3", "5") for d in DAYS]
            choice = numbered if freq in ("YEARLY", "MONTHLY") and r.random() < 0.6 else DAYS
            parts.append("BYDAY=" + some(r, choice, 3))
    if r.random() < 0.15:
        parts.append("BYHOUR=" + some(r, list(range(24)), 3))
    if r.random() < 0.15:
        parts.append("BYMINUTE=" + some(r, list(range(60)), 3))
    if r.random() < 0.05:
        parts.append("BYSECOND=" + some(r, list(range(60)), 2))
    by = any(p.startswith("BY") for p in parts)
    if by and freq != "WEEKLY" and r.random() < 0.2:
        parts.append("BYSETPOS=" + some(r, [1, 2, 3, -1, -2], 2))
    end = r.random()
    if end < 0.2:
        parts.append("COUNT=%d" % r.randint(1, 30))
    elif end < 0.35:
        until = start + datetime.timedelta(days=r.random() * SPAN_DAYS[freq])
        parts.append("UNTIL=" + until.strftime("%Y%m%dT%H%M%S"))
    r.shuffle(parts)
    return ";".join(parts), freq, start


def line(r):
    rule, freq, start = make(r)
    span = datetime.timedelta(days=SPAN_DAYS[freq])
    begin = start if r.random() < 0.6 else (start + span * r.random() * 0.8).replace(microsecond=0)
    end = start + span
    found = []
    signal.setitimer(signal.ITIMER_REAL, PATIENCE_S)
    for moment in rrulestr(rule, dtstart=start):
        if moment >= end:
            break
        if moment < begin:
            continue
        found.append(moment)
        if len(found) == SHOWN:
            end = moment + datetime.timedelta(seconds=1)
            break
    signal.setitimer(signal.ITIMER_REAL, 0)
    numbers = [seconds(m) for m in (start, begin, end)]
    return "\t".join([rule, *map(str, numbers), " ".join(str(seconds(m)) for m in found)])


def too_long(_signal, _frame):
    raise TimeoutError


def write(path, count, seed):
    r = random.Random(seed)
    signal.signal(signal.SIGALRM, too_long)
    with open(path, "w", encoding="ascii") as out:
        while count > 0:
            try:
                out.write(line(r) + "\n")
                count -= 1
            except (TimeoutError, ValueError):
                pass  # it never comes, or dateutil says so at once


def main():
    if sys.argv[1] == "--write":
        write(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
        return 0
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 10000
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else random.SystemRandom().randint(1, 10**9)
    print(f"seed {seed}, {count} rules", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "rules.tsv")
        write(path, count, seed)
        program = os.path.join(sys.argv[1], "test/domain/calendar/calendar_rule_test")
        return subprocess.run([program], check=False,
                              env=dict(os.environ, RULES=path)).returncode


if __name__ == "__main__":
    sys.exit(main())
