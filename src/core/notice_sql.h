#pragma once
/* notice_sql.h: the statements of reminders, notices and what leaves; meaning is in notice.h. */
#include "core/notice.h"

/* An obligation by its three names, as the ladder needs it. */
struct notice_work {
    struct str about;
    struct str what;
    struct str key;
    int64_t due_day;
    int64_t due_ms;
    int64_t first_due_ms;
    int64_t opened_ms;
    int64_t step;     /* of a reminder that has come: the one it waited for */
    struct str owner; /* of an obligation that was loaded */
    struct str creditor;
    struct str title;
    int64_t urgent;
};

/* Open obligations due before `until_ms` whose present date has no reminder yet; by a reminder that
 * has come. */
enum err notice_sql_unplanned(struct call *c, int64_t until_ms, int64_t limit,
                              struct notice_work **ret_works, size_t *ret_count);
enum err notice_sql_come(struct call *c, int64_t limit, struct notice_work **ret_works,
                         size_t *ret_count);
/* Reminders whose moment was counted by another calendar than the present one. */
enum err notice_sql_stale(struct call *c, int64_t limit, struct notice_work **ret_works,
                          size_t *ret_count);
enum err notice_sql_plan(struct call *c, const struct notice_work *work, int64_t step,
                         int64_t at_ms);
/* Fills the rest of a work that is still open under that date. */
enum err notice_sql_work(struct call *c, struct notice_work *work, bool *ret_open);
enum err notice_sql_forget(struct call *c, const struct notice_work *work);
/* Another open obligation about the same record and with the same date is held by somebody of this
 * office. */
enum err notice_sql_held(struct call *c, const struct notice_work *work, bool *ret_held);

/* People, each as one column `record`. */
enum err notice_sql_role(struct call *c, const char *role, struct rows *ret_rows);
enum err notice_sql_unit(struct call *c, struct str unit, struct rows *ret_rows);
enum err notice_sql_unit_head(struct call *c, struct str unit, struct rows *ret_rows);
enum err notice_sql_head_over(struct call *c, struct str person, struct rows *ret_rows);
enum err notice_sql_assigned(struct call *c, struct str about, struct rows *ret_rows);
/* Who stands in for a person today. */
enum err notice_sql_delegates(struct call *c, struct str person, struct rows *ret_rows);
enum err notice_sql_here(struct call *c, struct str person, struct rows *ret_rows);

enum err notice_sql_insert(struct call *c, struct str person, const struct notice *n,
                           bool *ret_new);
enum err notice_sql_carry(struct call *c, struct str person, const struct notice *n,
                          struct str mail, struct str sms);
/* email, phone of who is still here. */
enum err notice_sql_address(struct call *c, struct str person, struct rows *ret_rows);
/* party, mail, sms, quiet_from, quiet_to, daily, passes, titles of office and person. */
enum err notice_sql_wishes(struct call *c, struct str person, struct rows *ret_rows);

struct notice_post {
    struct str key;
    struct str person;
    int64_t channel;
    bool bulletin;
    int64_t day;
    int64_t at_ms;
    int64_t sent_ms; /* 0: waits; -1: there was nothing left to say */
};
enum err notice_sql_post_put(struct call *c, const struct notice_post *post);
enum err notice_sql_post_get(struct call *c, struct str key, struct notice_post *ret_post);
enum err notice_sql_post_sent(struct call *c, struct str key, int64_t sent_ms);
/* How many single ones a person got on a day; the bulletin that still waits for one. */
enum err notice_sql_singles(struct call *c, const struct notice_post *post, int64_t *ret_count);
enum err notice_sql_waiting(struct call *c, const struct notice_post *post, struct str *ret_key);
/* id, about, what, step, due_ms, title, urgent, kind, still open (0, 1) of what a post carries. */
enum err notice_sql_carried(struct call *c, const struct notice_post *post, struct rows *ret_rows);
/* Hands to another bulletin what came after the given ids were read. */
enum err notice_sql_move(struct call *c, const struct notice_post *from, int64_t id, struct str to);

/* id, about, what, step, due_ms, title, urgent, made_ms, read_ms, kind */
enum err notice_sql_mine(struct call *c, int64_t before_id, int64_t limit, struct rows *ret_rows);
enum err notice_sql_unread(struct call *c, int64_t *ret_count);
enum err notice_sql_read(struct call *c, int64_t upto_id);
/* person, what, step, made_ms, mail key, mail sent, in a bulletin, sms key, sms sent */
enum err notice_sql_about(struct call *c, struct str record, int64_t limit, struct rows *ret_rows);
/* Dead jobs that nobody was told of: kind, key. */
enum err notice_sql_dead(struct call *c, int64_t limit, struct rows *ret_rows);
