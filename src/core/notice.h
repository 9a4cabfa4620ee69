#pragma once
/*
 * notice.h: telling people. Every notice stands on the person's page at once; by mail and SMS it
 * leaves as the office and the person want it (notice_rules.h): single, or gathered in one bulletin
 * on the next working morning when it is night, a day off, or the day's limit is reached.
 *
 * Two sources. Reminders come from open obligations: a job looks every NOTICE_LOOK_MS for dates it
 * does not know yet and for steps of the ladder that have come; a step that passed while the office
 * stood still is made up for by the newest one alone. When days off are decided, what waits is
 * counted again. Tellings come from a version's arrival
 * (struct kind, tell). A person is told of one step of one date of one work once: the row is
 * unique, so neither restarts nor clocks that jump repeat it.
 *
 * What leaves is a job (job.h): the letter is handed over, then noted as sent. A process killed in
 * between hands it over again under the same Message-ID, or the same key at the SMS gateway.
 */
#include "core/notice_rules.h"
#include "core/obligation.h"

enum { NOTICE_LOOK_MS = 15 * 1000, NOTICE_PAGE = 50, NOTICE_BULLETIN_MAX = 200 };

/* What a person is told. */
struct notice {
    struct str about; /* the record */
    struct str what;  /* "consultation.answer": word "obligation.<what>" */
    struct str key;   /* of the obligation, or what tells tellings apart */
    struct str step;  /* of the ladder; "told" for tellings */
    int64_t due_ms;   /* 0: no date */
    struct str title;
    int64_t urgent; /* 0 normal to 3 hỏa tốc */
};

/* Tells whoever stands behind a party of this office: "p:", "u:" its head or all of it, "r:", "o:"
 * those who hold the record's work. Others are told nothing here. Only inside store_tx. */
enum err notice_tell(struct call *c, struct str party, const struct notice *notice);
/* The same for one person, once; repeated it changes nothing. */
enum err notice_tell_person(struct call *c, struct str person, const struct notice *notice);

/* How a party, "o:<this office>" or "p:<person>", wants to be told, by version `v`. Members of
 * rules that were not said are NOTICE_UNSAID, and -1 for minutes, numbers and titles. Only from
 * apply. */
struct notice_wish {
    int64_t how[NOTICE_CHANNEL_END];
    int64_t quiet_from;
    int64_t quiet_to;
    int64_t daily;
    int64_t passes;
    int64_t titles; /* 0, 1 */
};
enum err notice_wish_put(struct call *c, const struct version *v, struct str party,
                         const struct notice_wish *wish);
/* What holds for a person: the defaults, the office over them, the person over both; nobody may ask
 * for more single ones than the office allows. Empty person: the office. */
enum err notice_rules_of(struct call *c, struct str person, struct notice_rules *ret_rules);

/* The actor's notices, newest first. Shapes: rows as maps {id, text, title, href, made CELL, due
 * CELL, urgent, unread}; before_id 0 begins; ret_next is 0 at the end. */
enum err notice_list(struct call *c, int64_t before_id, struct node *ret_list, int64_t *ret_next);
/* How many of them are unread; counts to 100. */
enum err notice_unread(struct call *c, int64_t *ret_count);
/* Marks the actor's notices up to an id as read. Only inside store_tx. */
enum err notice_read(struct call *c, int64_t upto_id);
/* The topic that hears of a person's notices. */
struct str notice_topic(struct call *c, struct str person);

/* Adds to a record's page who was told what of it, when and by which channel; nothing when nobody
 * was. */
enum err notice_section(struct call *c, struct view *view, struct str record);

/* The built-in module "notice": its jobs. */
extern const struct module notice_module;
