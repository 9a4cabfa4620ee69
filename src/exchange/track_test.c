/* "Why has it not arrived?", between two offices. */
#include "exchange/track.h"

#include "core/receipt.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "t_pair.h"

struct finding {
    struct str text;
    bool everything;
    struct node *list;
};

static enum err find_step(struct call *c, void *arg)
{
    struct finding *finding = arg;
    return track_find(c, finding->text, finding->everything, finding->list);
}

/* The JSON of what that person finds; NULL: the host's administrator. */
static struct str find(struct t_office *t, const char *login, struct str text)
{
    struct call c = t_call(t, login);
    struct finding finding = {.text = text, .everything = login == NULL, .list = node_list(&c)};
    struct sb sb = sb_new(t->arena, 0);
    assert_int_equal(store_read(&c, find_step, &finding), OK);
    node_json(&sb, finding.list);
    call_end(&c);
    return sb_str(&sb);
}

static void assert_says(struct str json, const char *text)
{
    if (str_find(json, str_of(text), 0) < json.len) return;
    fail_msg("no %s in %.*s", text, STR_ARG(json));
}

struct giving {
    struct receipt receipt;
};

static enum err give_step(struct call *c, void *arg)
{
    const struct giving *giving = arg;
    return receipt_issue(c, &giving->receipt);
}

static void give(struct t_pair *p, const struct receipt *receipt)
{
    struct giving giving = {*receipt};
    struct call c = t_call(&p->b.t, "admin");
    assert_int_equal(store_tx(&c, give_step, &giving), OK);
    call_end(&c);
    t_pair_carry(&p->b, &p->a);
}

static void what_is_not_numbered_waits_behind_what_goes_before(void **state)
{
    struct t_pair *p = *state;
    (void)t_pair_note(p, &p->a, (struct str){});
    p->a.t.now_ms += 1000;
    struct str record = t_pair_note(p, &p->a, (struct str){});
    struct str json = find(&p->a.t, NULL, record);
    assert_says(json, "\"at\":\"queued\"");
    assert_says(json, "Chưa gửi: còn 1 mục đi trước");
}

static void an_office_that_cannot_be_reached_is_named_with_since_when(void **state)
{
    struct t_pair *p = *state;
    struct str record = t_pair_note(p, &p->a, (struct str){});
    struct call c = t_call(&p->a.t, NULL);
    assert_int_equal(feed_fail(&c, &p->a.feed, "wire.down"), OK);
    call_end(&c);
    struct str json = find(&p->a.t, NULL, record);
    assert_says(json, "\"at\":\"down\"");
    assert_says(json, "09:00");
    assert_says(json, "gọi văn thư nơi nhận");
}

static void a_stopped_feed_says_why(void **state)
{
    struct t_pair *p = *state;
    struct str record = t_pair_note(p, &p->a, (struct str){});
    t_script(&p->a.t, "UPDATE feed_out SET stopped = 'feed.fork';");
    assert_says(find(&p->a.t, NULL, record), "\"at\":\"stopped\"");
}

static void each_step_is_told_with_its_time(void **state)
{
    struct t_pair *p = *state;
    struct str record = t_pair_note(p, &p->a, (struct str){});
    t_pair_carry(&p->a, &p->b);
    assert_says(find(&p->a.t, NULL, record), "\"at\":\"arrived\"");
    give(p, &(struct receipt){.type = RECEIPT_R3, .record = record});
    assert_says(find(&p->a.t, NULL, record), "\"at\":\"opened\"");
    give(p, &(struct receipt){.type = RECEIPT_R2, .record = record, .number = S("15")});
    struct str json = find(&p->a.t, NULL, record);
    assert_says(json, "\"at\":\"registered\"");
    assert_says(json, "Đã tiếp nhận, số đến 15 (R2)");
    assert_says(json, "\"step\":\"acknowledged\"");
    assert_says(json, "\"step\":\"opened\"");
}

static void a_document_is_found_by_the_number_that_another_office_gave_it(void **state)
{
    struct t_pair *p = *state;
    struct str record = t_pair_note(p, &p->a, (struct str){});
    t_pair_carry(&p->a, &p->b);
    give(p, &(struct receipt){.type = RECEIPT_R2, .record = record, .number = S("15")});
    assert_says(find(&p->a.t, NULL, S(" 15 ")), str_zero(p->arena, record));
    assert_says(find(&p->b.t, NULL, S("15")), str_zero(p->arena, record));
    assert_true(str_eq(find(&p->a.t, NULL, S("16")), S("[]")));
}

static void a_refusal_is_told_with_its_reason(void **state)
{
    struct t_pair *p = *state;
    struct str record = t_pair_note(p, &p->a, (struct str){});
    t_pair_carry(&p->a, &p->b);
    give(p, &(struct receipt){
                .type = RECEIPT_REFUSED, .record = record, .reason = S("Sai thẩm quyền")});
    struct str json = find(&p->a.t, NULL, record);
    assert_says(json, "\"at\":\"refused\"");
    assert_says(json, "Bị từ chối (R-): Sai thẩm quyền");
}

static void the_receiver_sees_what_it_has_still_to_do(void **state)
{
    struct t_pair *p = *state;
    struct str record = t_pair_note(p, &p->a, (struct str){});
    t_pair_carry(&p->a, &p->b);
    assert_says(find(&p->b.t, NULL, record), "\"at\":\"here\"");
    t_script(&p->b.t, "INSERT INTO wanted (root, peer, record, n, size, state, failures, wake_ms,"
                      " reason) SELECT 'x', home, record, 1, 1, 1, 0, 0, '' FROM head"
                      " WHERE kind = 'note.note';");
    assert_says(find(&p->b.t, NULL, record), "Đã đến, còn chờ 1 tệp");
}

static void who_may_not_see_a_document_finds_none(void **state)
{
    struct t_pair *p = *state;
    struct str record = t_pair_note(p, &p->a, (struct str){});
    (void)t_person(&p->a.t, "vanthu", ROLE_REGISTRY);
    assert_says(find(&p->a.t, "vanthu", record), "Phân công");
    assert_true(str_eq(find(&p->a.t, "admin", record), S("[]")));
    assert_true(str_find(find(&p->a.t, NULL, record), S("Phân công"), 0) >=
                find(&p->a.t, NULL, record).len);
}

static void the_page_lists_what_is_under_way_and_then_each_step(void **state)
{
    struct t_pair *p = *state;
    struct str record = t_pair_note(p, &p->a, (struct str){});
    (void)t_person(&p->a.t, "vanthu", ROLE_REGISTRY);
    struct str page = t_view(&p->a.t, "vanthu", "exchange.track", "{}", NULL);
    assert_says(page, str_zero(p->arena, record));
    const char *json = str_format(p->arena, "{\"number\":\"%.*s\"}", STR_ARG(record)).ptr;
    assert_says(t_view(&p->a.t, "vanthu", "exchange.track", json, NULL), "Đã ký, phiên bản 1");
    t_pair_carry(&p->a, &p->b);
    page = t_view(&p->a.t, "vanthu", "exchange.track", "{}", NULL);
    assert_true(str_find(page, record, 0) == page.len);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, t_pair_open, t_pair_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_not_numbered_waits_behind_what_goes_before),
        TEST(an_office_that_cannot_be_reached_is_named_with_since_when),
        TEST(a_stopped_feed_says_why),
        TEST(each_step_is_told_with_its_time),
        TEST(a_document_is_found_by_the_number_that_another_office_gave_it),
        TEST(a_refusal_is_told_with_its_reason),
        TEST(the_receiver_sees_what_it_has_still_to_do),
        TEST(who_may_not_see_a_document_finds_none),
        TEST(the_page_lists_what_is_under_way_and_then_each_step),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
