/* Ballots whose members sit in three offices: sealed until the end, opened, counted, on paper. */
#include "ballot.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "base/time.h"
#include "core/check.h"
#include "core/office.h"
#include "t.h"

enum { ASKER, SECOND, THIRD, OFFICES };
enum { DAY_MS = 24 * 60 * 60 * 1000 };

struct scene {
    struct t_office office[OFFICES];
    struct str member[OFFICES]; /* the person who votes there */
    int64_t carried[OFFICES][OFFICES];
};

static const char *const CODES[OFFICES] = {"VPCP", "VPQH", "VPTW"};

static void carry_all(struct scene *s)
{
    for (int round = 0; round < 2; round++) { /* what is opened comes back */
        for (int from = 0; from < OFFICES; from++) {
            for (int to = 0; to < OFFICES; to++) {
                if (from == to) continue;
                t_carry(&s->office[from], &s->office[to], &s->carried[from][to]);
            }
        }
    }
}

/* Wednesday 25 November 2026. One scene for all: each test sends a ballot of its own; those that
 * move the clock come last. */
static int setup(void **state)
{
    struct scene *s = test_calloc(1, sizeof *s);
    for (size_t i = 0; i < OFFICES; i++) {
        t_office_open(&s->office[i], CODES[i]);
        (void)t_person(&s->office[i], "can-bo", ROLE_OFFICER);
        (void)t_person(&s->office[i], "thu-ky", ROLE_SECRETARY);
        s->member[i] = t_person(&s->office[i], "lanh-dao", ROLE_LEADER);
        for (size_t k = 0; k < i; k++)
            t_peers(&s->office[i], &s->office[k]);
    }
    *state = s;
    return 0;
}

static int teardown(void **state)
{
    struct scene *s = *state;
    for (size_t i = 0; i < OFFICES; i++)
        t_office_close(&s->office[i]);
    test_free(s);
    return 0;
}

static const char *about(struct scene *s, int office, struct str record, const char *more)
{
    return str_format(s->office[office].arena, "{\"record\":\"%.*s\"%s}", STR_ARG(record), more)
        .ptr;
}

static void act(struct scene *s, int office, const char *login, const char *name, struct str record,
                const char *more)
{
    (void)t_act(&s->office[office], login, name, about(s, office, record, more));
    carry_all(s);
}

static void assert_refused(struct scene *s, int office, const char *login, const char *name,
                           const char *json, const char *reason)
{
    struct str got = t_refused(&s->office[office], login, name, json);
    assert_string_equal(got.ptr, reason);
}

static const char *ask_json(struct scene *s, const char *more)
{
    return str_format(s->office[ASKER].arena,
                      "{\"subject\":\"Thông qua Quy chế\",\"question\":\"Có thông qua không?\","
                      "\"days\":3,\"base\":\"all_members\",\"majority\":\"over_half\","
                      "\"source\":\"Quy chế làm việc, Điều 6\",\"members\":["
                      "{\"name\":\"Chủ nhiệm\",\"chair\":true},"
                      "{\"office\":\"%.*s\",\"name\":\"Chủ nhiệm VPQH\"},"
                      "{\"office\":\"%.*s\",\"name\":\"Phó Chánh VPTW\"},"
                      "{\"office\":\"%.*s\",\"name\":\"Thành viên vắng\"}]%s}",
                      STR_ARG(s->office[SECOND].office.id), STR_ARG(s->office[THIRD].office.id),
                      STR_ARG(s->office[THIRD].office.id), more)
        .ptr;
}

/* Sends a ballot and names the voter of each office. */
static struct str ask(struct scene *s, const char *more)
{
    struct str record = t_act(&s->office[ASKER], "can-bo", "ballot.ask", ask_json(s, more)).record;
    carry_all(s);
    for (int i = 0; i < OFFICES; i++) {
        struct str seat = str_format(s->office[i].arena, ",\"member\":%d,\"person\":\"%.*s\"",
                                     i + 1, STR_ARG(s->member[i]));
        act(s, i, "thu-ky", "ballot.name_voter", record, seat.ptr);
    }
    return record;
}

static void vote(struct scene *s, int office, struct str record, const char *choice)
{
    struct str more =
        str_format(s->office[office].arena,
                   ",\"choice\":\"%s\",\"text\":\"Ghi chú mật của lá phiếu\"", choice);
    act(s, office, "lanh-dao", "ballot.cast_vote", record, more.ptr);
}

static struct str see(struct scene *s, int office, const char *login, struct str record)
{
    return t_view(&s->office[office], login, "ballot.show", about(s, office, record, ""), NULL);
}

static bool holds(struct str text, const char *part)
{
    return str_find(text, str_of(part), 0) < text.len;
}

static void assert_shows(struct str text, const char *part)
{
    if (!holds(text, part)) fail_msg("\"%s\" is not in %.*s", part, STR_ARG(text));
}

static void assert_hides(struct str text, const char *part)
{
    if (holds(text, part)) fail_msg("\"%s\" is in %.*s", part, STR_ARG(text));
}

static int64_t number_of(struct scene *s, int office, const char *sql)
{
    struct call c = t_call(&s->office[office], NULL);
    struct rows rows = {};
    int64_t n = store_all(&c, sql, NULL, 0, &rows) == OK ? rows_int(&rows, 0, 0) : -1;
    call_end(&c);
    return n;
}

/* ---- tests ---- */

static void a_ballot_over_three_offices_is_counted_aloud(void **state)
{
    struct scene *s = *state;
    struct str record = ask(s, ",\"tie\":\"chair_decides\"");
    vote(s, ASKER, record, "vote_agree");
    vote(s, SECOND, record, "vote_agree");
    vote(s, THIRD, record, "vote_disagree");
    act(s, ASKER, "can-bo", "ballot.close", record, "");
    act(s, ASKER, "can-bo", "ballot.decide", record, "");
    static const char SUM[] =
        "2/4 thành viên đồng ý, cần trên 1/2 tổng số thành viên là 3; số đồng ý bằng đúng một "
        "nửa, người chủ trì đồng ý nên được thông qua.";
    for (int i = 0; i < OFFICES; i++) {
        struct str page = see(s, i, "can-bo", record);
        assert_shows(page, SUM);
        assert_shows(page, "Đồng ý 2, không đồng ý 1, ý kiến khác 0, không có phiếu được tính 1");
        assert_shows(page, "Được thông qua theo ý kiến người chủ trì");
        assert_shows(page, "Không bỏ phiếu");
        assert_shows(page, "Ghi chú mật của lá phiếu");
    }
}

/* Not only the page: before the end the vote is in no table of any other office, nor shown to
 * anybody else in its own. */
static void nobody_else_sees_a_vote_before_the_end(void **state)
{
    struct scene *s = *state;
    struct str record = ask(s, "");
    int64_t before = number_of(s, ASKER, "SELECT COUNT(*) FROM k_ballot_vote");
    vote(s, SECOND, record, "vote_disagree");
    assert_int_equal(number_of(s, ASKER, "SELECT COUNT(*) FROM k_ballot_vote"), before);
    assert_shows(see(s, ASKER, "can-bo", record), "Đã bỏ phiếu, còn niêm phong");
    assert_hides(see(s, ASKER, "lanh-dao", record), "Ghi chú mật");
    assert_hides(see(s, SECOND, "thu-ky", record), "Ghi chú mật");
    assert_hides(see(s, THIRD, "can-bo", record), "còn niêm phong");
    assert_shows(see(s, SECOND, "lanh-dao", record), "Ghi chú mật");
    act(s, ASKER, "can-bo", "ballot.close", record, "");
    assert_shows(see(s, ASKER, "can-bo", record), "Ghi chú mật");
}

static void an_open_ballot_shows_each_vote_at_once(void **state)
{
    struct scene *s = *state;
    struct str record = ask(s, ",\"open\":true");
    vote(s, SECOND, record, "vote_agree");
    assert_shows(see(s, ASKER, "can-bo", record), "Ghi chú mật");
}

static void a_vote_is_changed_until_the_closing_and_the_last_one_counts(void **state)
{
    struct scene *s = *state;
    struct str record = ask(s, "");
    vote(s, SECOND, record, "vote_agree");
    vote(s, SECOND, record, "vote_disagree");
    act(s, ASKER, "can-bo", "ballot.close", record, "");
    assert_refused(s, SECOND, "lanh-dao", "ballot.cast_vote",
                   about(s, SECOND, record, ",\"choice\":\"vote_agree\""), "ballot.closed");
    act(s, ASKER, "can-bo", "ballot.decide", record, "");
    assert_shows(see(s, THIRD, "can-bo", record), "Đồng ý 0, không đồng ý 1");
}

static void only_the_named_person_votes(void **state)
{
    struct scene *s = *state;
    struct str record = ask(s, "");
    const char *json = about(s, SECOND, record, ",\"choice\":\"vote_agree\"");
    assert_refused(s, SECOND, "can-bo", "ballot.cast_vote", json, "ballot.not_member");
    struct str other = str_format(s->office[SECOND].arena, ",\"member\":1,\"person\":\"%.*s\"",
                                  STR_ARG(s->member[SECOND]));
    json = about(s, SECOND, record, other.ptr);
    assert_refused(s, SECOND, "can-bo", "ballot.name_voter", json, "grant.role");
    assert_refused(s, SECOND, "thu-ky", "ballot.name_voter", json, "ballot.member_elsewhere");
    assert_refused(s, SECOND, "lanh-dao", "ballot.cast_vote",
                   about(s, SECOND, record, ",\"choice\":\"vote_other\""), "ballot.other_says");
}

static void an_office_that_is_down_holds_up_the_result_by_name(void **state)
{
    struct scene *s = *state;
    struct str record = ask(s, "");
    vote(s, THIRD, record, "vote_agree");
    (void)t_act(&s->office[ASKER], "can-bo", "ballot.close", about(s, ASKER, record, ""));
    assert_refused(s, ASKER, "can-bo", "ballot.decide", about(s, ASKER, record, ""),
                   "ballot.unopened");
    (void)t_act(&s->office[ASKER], "can-bo", "ballot.decide",
                about(s, ASKER, record, ",\"without\":true"));
    carry_all(s);
    struct str page = see(s, SECOND, "can-bo", record);
    assert_shows(page, "Đã bỏ phiếu, chưa mở");
    assert_shows(page, "Đồng ý 0");
}

/* A server that would rather have voted otherwise: another version of the vote, the old seal. */
static enum err forge_step(struct call *c, void *arg)
{
    const struct str *ballot = arg;
    struct rows rows = {};
    struct ballot_vote vote = {};
    struct act_result result = {};
    enum err e = store_one(c, "SELECT record FROM k_ballot_vote WHERE ballot = $1",
                           ARGS(TEXT(*ballot)), &rows);
    if (e == OK) e = record_body(c, "ballot.vote", rows_text(&rows, 0, 0), &vote);
    if (e != OK) return e;
    vote.choice = VOTE_DISAGREE;
    struct put put = {.kind = "ballot.vote", .record = rows_text(&rows, 0, 0), .body = &vote};
    return record_put(c, &put, &result);
}

static void a_vote_that_does_not_fit_its_seal_does_not_count(void **state)
{
    struct scene *s = *state;
    struct str record = ask(s, "");
    vote(s, SECOND, record, "vote_agree");
    struct call c = t_call(&s->office[SECOND], "lanh-dao");
    assert_int_equal(store_tx(&c, forge_step, &record), OK);
    call_end(&c);
    act(s, ASKER, "can-bo", "ballot.close", record, "");
    act(s, ASKER, "can-bo", "ballot.decide", record, "");
    struct str page = see(s, THIRD, "can-bo", record);
    assert_shows(page, "Phiếu mở ra không khớp niêm phong");
    assert_shows(page, "Đồng ý 0, không đồng ý 0");
}

static const char TALLY[] = ",\"issued\":4,\"collected\":4,\"agree\":3,\"disagree\":0,"
                            "\"other\":0,\"invalid\":1,\"by\":\"Ban kiểm phiếu\","
                            "\"date\":\"2026-11-25\"";

static void a_secret_ballot_is_on_paper_and_its_tally_has_a_scan(void **state)
{
    struct scene *s = *state;
    struct t_office *t = &s->office[ASKER];
    struct str record = t_act(t, "can-bo", "ballot.ask", ask_json(s, ",\"secret\":true")).record;
    carry_all(s);
    assert_refused(s, SECOND, "lanh-dao", "ballot.cast_vote",
                   about(s, SECOND, record, ",\"choice\":\"vote_agree\""), "ballot.on_paper");
    assert_shows(see(s, SECOND, "can-bo", record), "Hệ thống không nhận lá phiếu nào");
    assert_refused(s, ASKER, "can-bo", "ballot.tally", about(s, ASKER, record, TALLY),
                   "field.required");
    struct str scan = str_format(t->arena,
                                 "%s,\"files\":[{\"root\":\"%.*s\",\"name\":\"bien-ban.pdf\","
                                 "\"media\":\"application/pdf\",\"size\":4}]",
                                 TALLY, STR_ARG(t_file(t, "scan")));
    act(s, ASKER, "can-bo", "ballot.tally", record, scan.ptr);
    struct str page = see(s, THIRD, "can-bo", record);
    assert_shows(page, "3/4 thành viên đồng ý, cần trên 1/2 tổng số thành viên là 3.");
    assert_shows(page, "Phát ra 4, thu về 4: đồng ý 3");
    assert_shows(page, "bien-ban.pdf");
}

static void a_late_vote_is_recorded_as_late_and_counts_by_the_rule(void **state)
{
    struct scene *s = *state;
    struct str record = ask(s, "");
    struct str counts = ask(s, ",\"late\":\"late_counts\"");
    vote(s, ASKER, record, "vote_agree");
    for (int i = 0; i < OFFICES; i++)
        s->office[i].now_ms += (int64_t)7 * DAY_MS;
    vote(s, SECOND, record, "vote_agree");
    vote(s, SECOND, counts, "vote_agree");
    assert_refused(s, ASKER, "lanh-dao", "ballot.cast_vote",
                   about(s, ASKER, record, ",\"choice\":\"vote_disagree\""), "ballot.change_late");
    act(s, ASKER, "can-bo", "ballot.close", record, "");
    act(s, ASKER, "can-bo", "ballot.decide", record, "");
    act(s, ASKER, "can-bo", "ballot.close", counts, "");
    act(s, ASKER, "can-bo", "ballot.decide", counts, "");
    assert_shows(see(s, THIRD, "can-bo", record), "(Muộn)");
    assert_shows(see(s, THIRD, "can-bo", record), "1/4 thành viên đồng ý");
    assert_shows(see(s, THIRD, "can-bo", counts), "(Muộn)");
    assert_shows(see(s, THIRD, "can-bo", counts), "1/4 thành viên đồng ý");
}

static void ballots_are_rebuilt_from_their_versions(void **state)
{
    struct scene *s = *state;
    for (int office = 0; office < OFFICES; office++) {
        struct call c = t_call(&s->office[office], NULL);
        struct node *report = node_map(&c);
        struct sb sb = sb_new(c.arena, 0);
        assert_int_equal(check_office(&c, NULL, report), OK);
        node_json(&sb, report);
        if (node_number(report, "equal") == 0) fail_msg("%.*s", STR_ARG(sb_str(&sb)));
        call_end(&c);
    }
}

#define TEST(name) cmocka_unit_test(name)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_ballot_over_three_offices_is_counted_aloud),
        TEST(nobody_else_sees_a_vote_before_the_end),
        TEST(an_open_ballot_shows_each_vote_at_once),
        TEST(a_vote_is_changed_until_the_closing_and_the_last_one_counts),
        TEST(only_the_named_person_votes),
        TEST(an_office_that_is_down_holds_up_the_result_by_name),
        TEST(a_vote_that_does_not_fit_its_seal_does_not_count),
        TEST(a_secret_ballot_is_on_paper_and_its_tally_has_a_scan),
        TEST(a_late_vote_is_recorded_as_late_and_counts_by_the_rule),
        TEST(ballots_are_rebuilt_from_their_versions),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
