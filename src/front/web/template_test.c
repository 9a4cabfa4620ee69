#include "front/web/template.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#undef fail /* base/call.h has it */

#include "front/web/escape.h"

/* The pages under spec/ hold many cases each, headed by "=== name". The cases are those of the
 * Mustache specification 1.4 that apply, and our own. */

struct world {
    struct call c;
    struct node *data;
};

static void put_person(struct call *c, struct node *data)
{
    struct node *person = node_put_map(c, data, "person");
    node_text(c, person, "name", S("Joe"));
    node_text(c, person, "subject", S("inside"));
}

static void put_deep(struct call *c, struct node *data)
{
    struct node *a = node_put_map(c, data, "a");
    struct node *b = node_put_map(c, a, "b");
    struct node *at = node_put_map(c, b, "c");
    node_text(c, at, "name", S("Jim"));
    at = node_put_map(c, node_put_map(c, at, "d"), "e");
    node_text(c, at, "name", S("Phil"));
    struct node *outer = node_put_map(c, data, "b"); /* must not be found behind a.b */
    node_text(c, outer, "title", S("ERROR"));
    struct node *deep = node_put_map(c, node_put_map(c, data, "deep"), "b");
    node_bool(c, deep, "c", true);
    node_bool(c, deep, "d", false);
}

static void put_lists(struct call *c, struct node *data)
{
    struct node *items = node_put_list(c, data, "items");
    node_add_text(c, items, S("a"));
    node_add_text(c, items, S("<b>"));
    struct node *numbers = node_put_list(c, data, "numbers");
    for (int64_t i = 1; i <= 3; i++)
        node_int(c, node_add_map(c, numbers), "item", i);
    (void)node_put_list(c, data, "empty");
    struct node *top = node_add_map(c, node_put_list(c, data, "tops"));
    node_text(c, top, "tname", S("A"));
    struct node *middle = node_add_map(c, node_put_list(c, top, "middles"));
    node_text(c, middle, "mname", S("1"));
    struct node *bottoms = node_put_list(c, middle, "bottoms");
    node_text(c, node_add_map(c, bottoms), "bname", S("x"));
    node_text(c, node_add_map(c, bottoms), "bname", S("y"));
    struct node *tree = node_put_map(c, data, "tree");
    node_text(c, tree, "content", S("X"));
    struct node *leaf = node_add_map(c, node_put_list(c, tree, "nodes"));
    node_text(c, leaf, "content", S("Y"));
    (void)node_put_list(c, leaf, "nodes");
}

static int open_world(void **state)
{
    struct call c = call_begin(env_real(), NULL, NULL);
    struct world *world = arena_alloc(c.arena, sizeof *world);
    struct node *data = node_map(&c);
    node_text(&c, data, "subject", S("world"));
    node_text(&c, data, "template", S("{{planet}}"));
    node_text(&c, data, "planet", S("Earth"));
    node_text(&c, data, "forbidden", S("& \" < >"));
    node_int(&c, data, "mph", 85);
    node_int(&c, data, "nothing", 0);
    node_text(&c, data, "string", S("---"));
    node_bool(&c, data, "yes", true);
    node_bool(&c, data, "no", false);
    struct node *sec = node_put_map(&c, data, "sec");
    node_text(&c, sec, "y", S("bar"));
    node_text(&c, data, "x", S("foo"));
    node_text(&c, data, "z", S("baz"));
    node_text(&c, data, "which", S("front/web/spec/partial"));
    node_text(&c, data, "quoted", S("\"> <b>'&"));
    node_text(&c, data, "url", S("/view/x?a=1&b=\"ạ\""));
    node_text(&c, data, "bad_url", S("javascript:alert(1)"));
    node_text(&c, data, "tab_url", S("\tjava\nscript:alert(1)"));
    node_text(&c, data, "data_url", S("data:text/html,x"));
    node_text(&c, data, "foreign_url", S("https://vanphong.example/a"));
    node_text(&c, data, "slashed", S("../a b/?c#d:e"));
    put_person(&c, data);
    put_deep(&c, data);
    put_lists(&c, data);
    *world = (struct world){.c = c, .data = data};
    *state = world;
    return 0;
}

static int close_world(void **state)
{
    struct world *world = *state;
    struct call c = world->c; /* the world lies in its own arena */
    call_end(&c);
    return 0;
}

static struct str page_of(struct world *world, const char *file)
{
    struct sb sb = sb_new(world->c.arena, 0);
    struct str name = str_format(world->c.arena, "front/web/spec/%s", file);
    template_render(&world->c, &sb, name, world->data);
    return sb_str(&sb);
}

/* Asserts what the case of that name came out as, with its last line end. */
static void gives(struct world *world, const char *file, const char *name, const char *expected)
{
    struct arena *arena = world->c.arena;
    struct str page = page_of(world, file);
    struct str head = str_format(arena, "=== %s\n", name);
    size_t from = str_find(page, head, 0);
    assert_true(from < page.len);
    from += head.len;
    size_t to = str_find(page, S("=== "), from);
    assert_string_equal(str_zero(arena, str_sub(page, from, to)), expected);
}

static void interpolation_writes_values(void **state)
{
    gives(*state, "interpolation", "none", "Hello from {Mustache}!\n");
    gives(*state, "interpolation", "basic", "Hello, world!\n");
    gives(*state, "interpolation", "integer", "85 miles an hour\n");
    gives(*state, "interpolation", "zero", "0 miles an hour\n");
    gives(*state, "interpolation", "miss", "I () be seen!\n");
}

static void interpolation_never_reads_its_own_output(void **state)
{
    gives(*state, "interpolation", "again", "{{planet}}: Earth\n");
}

static void interpolation_escapes_html(void **state)
{
    gives(*state, "interpolation", "escape",
          "These characters should be HTML escaped: &amp; &quot; &lt; &gt;\n");
    gives(*state, "interpolation", "iterator", "(a)(&lt;b&gt;)\n");
}

static void dotted_names_walk_into_maps(void **state)
{
    gives(*state, "interpolation", "dotted", "Joe == Joe\n");
    gives(*state, "interpolation", "depth", "Phil == Phil\n");
    gives(*state, "interpolation", "initial", "Phil == Phil\n");
}

static void a_broken_chain_is_empty_and_never_starts_again(void **state)
{
    gives(*state, "interpolation", "broken", " == \n");
    gives(*state, "interpolation", "broken_resolution", " ==\n");
    gives(*state, "interpolation", "precedence", "|\n");
}

static void interpolation_keeps_white_space(void **state)
{
    gives(*state, "interpolation", "surrounding", "| --- |\n");
    gives(*state, "interpolation", "standalone", "  ---\n");
    gives(*state, "interpolation", "padding", "|---|\n");
}

static void words_come_in_the_call_s_language(void **state)
{
    struct world *world = *state;
    gives(world, "interpolation", "word", "Đăng nhập\n");
    world->c.lang = LANG_EN;
    gives(world, "interpolation", "word", "Log in\n");
}

static void sections_follow_truth(void **state)
{
    gives(*state, "sections", "truthy", "This should be rendered.\n");
    gives(*state, "sections", "falsey", "\n");
    gives(*state, "sections", "null", "\n");
    gives(*state, "sections", "miss", "[]\n");
    gives(*state, "sections", "dotted_truthy", "Here == Here\n");
    gives(*state, "sections", "dotted_falsey", " ==\n");
}

static void sections_open_contexts(void **state)
{
    gives(*state, "sections", "context", "Hi Joe.\n");
    gives(*state, "sections", "parent", "foo, bar, baz\n");
    gives(*state, "sections", "variable", "world is set\n");
    gives(*state, "sections", "list_contexts", "A1.A1x.A1y.\n");
}

static void sections_repeat_over_lists(void **state)
{
    gives(*state, "sections", "list", "123\n");
    gives(*state, "sections", "empty", "\n");
}

static void sections_nest(void **state)
{
    gives(*state, "sections", "doubled", "* first\n* second\n* third\n");
    gives(*state, "sections", "nested_truthy", "| A B C D E |\n");
    gives(*state, "sections", "nested_falsey", "| A  E |\n");
}

static void sections_alone_on_a_line_leave_no_line(void **state)
{
    gives(*state, "sections", "surrounding", " | \t|\t |\n");
    gives(*state, "sections", "internal", " |  \n  |\n");
    gives(*state, "sections", "standalone", "| This Is\n|\n| A Line\n");
    gives(*state, "sections", "standalone_indented", "| This Is\n|\n| A Line\n");
    gives(*state, "sections", "padding", "|=|\n");
}

static void inverted_sections_follow_falsehood(void **state)
{
    gives(*state, "sections", "inverted_falsey", "This should be rendered.\n");
    gives(*state, "sections", "inverted_truthy", "\n");
    gives(*state, "sections", "inverted_context", "\n");
    gives(*state, "sections", "inverted_list", "\n");
    gives(*state, "sections", "inverted_empty", "Empty list\n");
    gives(*state, "sections", "inverted_nested", "| A B C D E |\n");
    gives(*state, "sections", "inverted_standalone", "| This Is\n|\n| A Line\n");
    gives(*state, "sections", "inverted_inside", "Joe\n");
}

static void partials_stand_in_their_context(void **state)
{
    gives(*state, "partials", "basic", "\"*world*\"\n");
    gives(*state, "partials", "context", "*inside*\n");
    gives(*state, "partials", "recursion", "X[Y[]]\n");
}

static void partials_keep_the_lines_around_them(void **state)
{
    gives(*state, "partials", "surrounding", "| *world* |\n");
    gives(*state, "partials", "standalone", ">\n>\nend\n");
    gives(*state, "partials", "padding", "|*world*|\n");
}

static void a_partial_may_be_named_by_the_data(void **state)
{
    gives(*state, "partials", "dynamic", "\"*world*\"\n");
    gives(*state, "partials", "dynamic_miss", "\"\"\n");
}

static void comments_never_show(void **state)
{
    gives(*state, "comments", "inline", "1234567890\n");
    gives(*state, "comments", "multiline", "1234567890\n");
    gives(*state, "comments", "standalone", "Begin.\nEnd.\n");
    gives(*state, "comments", "standalone_indented", "Begin.\nEnd.\n");
    gives(*state, "comments", "standalone_multiline", "Begin.\nEnd.\n");
    gives(*state, "comments", "padding", "12345  67890\n");
    gives(*state, "comments", "collision", "comments never show: []\n");
}

static void attributes_cannot_be_left(void **state)
{
    gives(*state, "places", "attribute", "<p title=\"&quot;&gt; &lt;b&gt;&#39;&amp;\"></p>\n");
    gives(*state, "places", "word", "<p title=\"Đăng nhập\"></p>\n");
    gives(*state, "places", "optional", "<input checked>\n");
}

static void addresses_are_encoded(void **state)
{
    gives(*state, "places", "address", "<a href=\"/view/x?a=1&amp;b=%22%E1%BA%A1%22\"></a>\n");
    gives(*state, "places", "foreign_address", "<a href=\"https://vanphong.example/a\"></a>\n");
    gives(*state, "places", "part", "<a href=\"/view/x?q=%22%3E%20%3Cb%3E%27%26\"></a>\n");
    gives(*state, "places", "path_part", "<a href=\"/file/..%2Fa%20b%2F%3Fc%23d%3Ae\"></a>\n");
}

static void only_https_may_be_named_as_a_scheme(void **state)
{
    gives(*state, "places", "script_address", "<a href=\"#\"></a>\n");
    gives(*state, "places", "hidden_script_address", "<a href=\"#\"></a>\n");
    gives(*state, "places", "data_address", "<a href=\"#\"></a>\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(interpolation_writes_values),
        TEST(interpolation_never_reads_its_own_output),
        TEST(interpolation_escapes_html),
        TEST(dotted_names_walk_into_maps),
        TEST(a_broken_chain_is_empty_and_never_starts_again),
        TEST(interpolation_keeps_white_space),
        TEST(words_come_in_the_call_s_language),
        TEST(sections_follow_truth),
        TEST(sections_open_contexts),
        TEST(sections_repeat_over_lists),
        TEST(sections_nest),
        TEST(sections_alone_on_a_line_leave_no_line),
        TEST(inverted_sections_follow_falsehood),
        TEST(partials_stand_in_their_context),
        TEST(partials_keep_the_lines_around_them),
        TEST(a_partial_may_be_named_by_the_data),
        TEST(comments_never_show),
        TEST(attributes_cannot_be_left),
        TEST(addresses_are_encoded),
        TEST(only_https_may_be_named_as_a_scheme),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
