"""Obligations of a year for the bench of figures, as their records would have projected them."""
import datetime
import random
import time

DAY_MS = 24 * 3600 * 1000
HANOI_MS = 7 * 3600 * 1000
KINDS = ("consultation.answer", "consultation.register", "consultation.draft",
         "consultation.approve", "consultation.reply", "handover.sign")
OFFICES, UNITS, PEOPLE = 20, 40, 500
OPEN_SHARE = 20  # one of so many is open
COLUMNS = ("about, what, okey, by_record, by_n, owner, creditor, opened_ms, first_due_ms, due_day,"
           " due_ms, why, title, urgent, settled_ms, month")
# The counts as core/tally_sql.c keeps them row by row.
SUMS = ("count(*), count(settled_ms), count(CASE WHEN settled_ms > due_ms THEN 1 END),"
        " count(CASE WHEN settled_ms > first_due_ms THEN 1 END) FROM obligation")
TALLY = ("INSERT INTO tally (month, owner, what, total, done, late, late_first)"
         f" SELECT month, CASE WHEN owner < 'p' THEN owner ELSE 'i:' END, what, {SUMS}"
         f" GROUP BY 1, 2, 3 UNION ALL SELECT month, owner, '', {SUMS}"
         " WHERE owner >= 'p' GROUP BY 1, 2")


def random_part(number):
    """The second half of an identifier, which is written in letters."""
    return f"{number:026d}".translate(str.maketrans("0123456789", "abcdefghij"))


def month_of(ms):
    day = datetime.datetime.fromtimestamp((ms + HANOI_MS) / 1000, datetime.timezone.utc)
    return day.year * 12 + day.month - 1


def rows(count, home, notes, owners):
    """Done work over the year so far, open work three weeks back and two months ahead; one in five
    was moved, one in five done is late."""
    chance = random.Random(1)
    now = int(time.time() * 1000)
    day = datetime.datetime.fromtimestamp((now + HANOI_MS) / 1000, datetime.timezone.utc)
    days = day.timetuple().tm_yday
    for i in range(count):
        is_open = i % OPEN_SHARE == 0
        first = now + chance.randrange(-20, 60) * DAY_MS if is_open \
            else now - chance.randrange(days) * DAY_MS
        due = first + (chance.randrange(1, 10) * DAY_MS if chance.random() < 0.2 else 0)
        settled = None if is_open else due + (DAY_MS if chance.random() < 0.2 else -DAY_MS)
        note = notes[i % len(notes)]
        yield (note, KINDS[chance.randrange(len(KINDS))], f"f{i}", note, 1,
               owners[chance.randrange(len(owners))], f"o:{home}", first - 10 * DAY_MS, first,
               due // DAY_MS, due, "", "Việc phải làm của bộ đo", 0, settled, month_of(first))


def figures_seed(office, count):
    """Fills a stopped office; returns one of the persons as a party."""
    home = office.rows("SELECT home FROM head WHERE kind = 'office.office'")[0][0]
    notes = [row[0] for row in office.rows(
        "SELECT record FROM head WHERE kind = 'note.note' LIMIT 1000")]
    people = [f"{home}.{random_part(i)}" for i in range(PEOPLE)]
    units = [f"{home}.{random_part(10 ** 6 + i)}" for i in range(UNITS)]
    owners = ([f"o:{random_part(i)}" for i in range(OFFICES - 1)] + [f"o:{home}"]
              + ["r:registry", "r:leader", "r:chief"] + [f"u:{unit}" for unit in units]
              + [f"p:{person}" for person in people])
    office.insert("k_office_person", "record, login, title, unit, officer",
                  ((person, f"f{i}", f"Chuyên viên {i}", units[i % UNITS], 1)
                   for i, person in enumerate(people)))
    office.write("DELETE FROM tally")
    office.insert("obligation", COLUMNS, rows(count, home, notes, owners))
    office.write(TALLY)
    return owners[-1]
