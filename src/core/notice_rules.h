#pragma once
/*
 * notice_rules.h: when people are told, as pure rules: the chase ladder around a date, quiet hours,
 * and what passes them. No store, no clock.
 *
 * The ladder counts working days of the office's calendar from the day a work is due:
 *
 *     before_3   3 before   who owes it
 *     before_1   1 before   who owes it
 *     today      that day   who owes it
 *     late_1     1 after    who owes it, and who waits for it
 *     late_3     3 after    these, and the head of the unit
 *     late_7     7 after    these, and the chief of the office, by title
 */
#include "base/workday.h"

/* Who is told. */
enum notice_to {
    NOTICE_OWNER = 1 << 0,
    NOTICE_CREDITOR = 1 << 1,
    NOTICE_SUPERIOR = 1 << 2, /* the named head of the unit; without one, the chief */
    NOTICE_CHIEF = 1 << 3,
};

struct notice_step {
    const char *name; /* word "notice.step.<name>" */
    int64_t days;     /* working days after the day it is due; negative: before */
    uint32_t to;      /* bits of enum notice_to */
};

enum { NOTICE_STEPS = 6, NOTICE_MINUTE = 8 * 60 }; /* steps fall on 08:00 in Ha Noi */
extern const struct notice_step NOTICE_LADDER[NOTICE_STEPS];

/* The day that is n working days after `day`, before it when n < 0; a day off counts as the working
 * day it follows. The edge of the calendar's years when there are not so many. */
int64_t notice_workday(const struct workday_calendar *calendar, int64_t day, int64_t n);
/* When a step of the ladder falls. Shapes: 0 <= step < NOTICE_STEPS. */
int64_t notice_step_ms(const struct workday_calendar *calendar, int64_t due_day, size_t step);
/* The first step that falls after `ms`; NOTICE_STEPS when all are through. */
size_t notice_step_after(const struct workday_calendar *calendar, int64_t due_day, int64_t ms);

/* How an office, and then a person, wants to be told by mail and SMS. The page always tells at
 * once. */
enum notice_channel { NOTICE_MAIL = 1, NOTICE_SMS, NOTICE_CHANNEL_END };
enum notice_how {
    NOTICE_UNSAID = 0, /* as the office says */
    NOTICE_EACH,       /* each one, the rest in the bulletin */
    NOTICE_BULLETIN,   /* all in the bulletin */
    NOTICE_NEVER,
};

struct notice_rules {
    int64_t how[NOTICE_CHANNEL_END]; /* enum notice_how */
    int64_t quiet_from;              /* minute of the day; nothing leaves from here to quiet_to */
    int64_t quiet_to;                /* and the bulletin leaves then; never on a day off */
    int64_t daily;                   /* single ones to a person on one day, each channel */
    int64_t passes; /* urgency from which quiet hours and limit do not hold; 0: none does */
    bool titles;    /* mail names the subject; SMS never does */
};

/* What holds where nobody said anything: mail each, SMS never, quiet 17:30 to 07:30, 8 a day, hỏa
 * tốc passes, titles shown. */
extern const struct notice_rules NOTICE_DEFAULT;

/* Says that nothing leaves now. */
bool notice_quiet(const struct workday_calendar *calendar, const struct notice_rules *rules,
                  int64_t ms);
/* When the next bulletin leaves, at or after `ms`. */
int64_t notice_bulletin_ms(const struct workday_calendar *calendar,
                           const struct notice_rules *rules, int64_t ms);
