#include "front/web/template.h"

#include "base/words.h"
#include "front/web/escape.h"

/* One open template. */
struct frame {
    const struct template *in;
    size_t next; /* step to do next */
};

struct run {
    struct call *c;
    struct sb *sb;
    const struct template *all;
    size_t all_count;
    struct frame frames[TEMPLATE_DEPTH_MAX]; /* open templates, innermost last */
    size_t frame_count;
    const struct node *context[TEMPLATE_DEPTH_MAX]; /* innermost last */
    const struct node *items[TEMPLATE_DEPTH_MAX];   /* list element of each open section, or NULL */
    size_t context_count;
};

static const struct template *find_in(const struct template *all, size_t count, struct str name)
{
    for (size_t i = 0; i < count; i++) {
        if (str_eq(all[i].name, name)) return &all[i];
    }
    return NULL;
}

const struct template *template_find(struct str name)
{
    return find_in(TEMPLATES, TEMPLATES_COUNT, name);
}

/* Looks a dotted name up: its first part from the innermost context outwards, the others inside
 * what was found. Source: mustache(5), interpolation: dotted names. */
static const struct node *look_up(const struct run *run, struct str name)
{
    ensure(run->context_count > 0);
    if (str_eq(name, S("."))) return run->context[run->context_count - 1];
    struct str head = {};
    struct str rest = {};
    (void)str_cut(name, '.', &head, &rest);
    const struct node *found = NULL;
    for (size_t i = run->context_count; i > 0 && found == NULL; i--) {
        const struct node *at = run->context[i - 1];
        if (at->type == NODE_MAP) found = node_find(at, head);
    }
    while (found != NULL && rest.len > 0) {
        struct str part = rest;
        (void)str_cut(part, '.', &head, &rest);
        found = found->type == NODE_MAP ? node_find(found, head) : NULL;
    }
    return found;
}

static bool is_true(const struct node *node)
{
    if (node == NULL) return false;
    switch (node->type) {
    case NODE_TEXT: return node->text.len > 0;
    case NODE_INT:
    case NODE_BOOL: return node->number != 0;
    case NODE_LIST: return node->first != NULL;
    case NODE_MAP: return true;
    }
    ensure(false); /* all types are above */
    return false;
}

static struct str node_words(struct run *run, const struct node *node)
{
    if (node == NULL) return (struct str){};
    switch (node->type) {
    case NODE_TEXT: return node->text;
    case NODE_INT: return str_format(run->c->arena, "%lld", (long long)node->number);
    case NODE_BOOL: return node->number != 0 ? S("true") : S("false");
    case NODE_LIST:
    case NODE_MAP: return (struct str){};
    }
    ensure(false); /* all types are above */
    return (struct str){};
}

static void push(struct run *run, const struct node *context, const struct node *item)
{
    ensure(run->context_count < TEMPLATE_DEPTH_MAX);
    run->context[run->context_count] = context;
    run->items[run->context_count] = item;
    run->context_count++;
}

/* Opens a section and returns the step to go on with. */
static size_t section_open(struct run *run, const struct template_step *step, size_t at)
{
    const struct node *node = look_up(run, step->text);
    bool inverted = step->op == TEMPLATE_INVERTED;
    if (is_true(node) == inverted) return step->number + 1;
    /* An inverted section has no context of its own; it repeats the present one. */
    if (inverted) {
        push(run, run->context[run->context_count - 1], NULL);
    } else if (node->type == NODE_LIST) {
        push(run, node->first, node->first);
    } else {
        push(run, node, NULL);
    }
    return at + 1;
}

/* Ends a section, or begins it again with the list's next element. */
static size_t section_end(struct run *run, const struct template_step *step, size_t at)
{
    ensure(run->context_count > 1);
    const struct node *item = run->items[run->context_count - 1];
    run->context_count--;
    if (item == NULL || item->next == NULL) return at + 1;
    push(run, item->next, item->next);
    return step->number + 1;
}

static void frame_push(struct run *run, const struct template *in)
{
    if (in == NULL) return;
    ensure(run->frame_count < TEMPLATE_DEPTH_MAX);
    run->frames[run->frame_count++] = (struct frame){.in = in};
}

static void value_write(struct run *run, const struct template_step *step)
{
    struct str text = node_words(run, look_up(run, step->text));
    if (step->op == TEMPLATE_ATTR) {
        html_attr(run->sb, text);
    } else if (step->op == TEMPLATE_URL) {
        html_url(run->sb, text);
    } else if (step->op == TEMPLATE_URL_PART) {
        html_url_part(run->sb, text);
    } else {
        html_text(run->sb, text);
    }
}

static void step_run(struct run *run)
{
    struct frame *frame = &run->frames[run->frame_count - 1];
    size_t at = frame->next;
    const struct template_step *step = &frame->in->steps[at];
    frame->next = at + 1;
    switch (step->op) {
    case TEMPLATE_RAW: sb_put(run->sb, step->text); break;
    case TEMPLATE_TEXT:
    case TEMPLATE_ATTR:
    case TEMPLATE_URL:
    case TEMPLATE_URL_PART: value_write(run, step); break;
    case TEMPLATE_WORD: html_text(run->sb, words(run->c->lang, step->text)); break;
    case TEMPLATE_WORD_ATTR: html_attr(run->sb, words(run->c->lang, step->text)); break;
    case TEMPLATE_SECTION:
    case TEMPLATE_INVERTED: frame->next = section_open(run, step, at); break;
    case TEMPLATE_END: frame->next = section_end(run, step, at); break;
    case TEMPLATE_PARTIAL:
        ensure(step->number < run->all_count);
        frame_push(run, &run->all[step->number]);
        break;
    case TEMPLATE_DYNAMIC:
        frame_push(run,
                   find_in(run->all, run->all_count, node_words(run, look_up(run, step->text))));
        break;
    }
}

void template_run(struct call *c, struct sb *sb, const struct template *start,
                  const struct template *all, size_t all_count, const struct node *data)
{
    ensure(start != NULL);
    ensure(data != NULL);
    struct run run = {.c = c, .sb = sb, .all = all, .all_count = all_count};
    push(&run, data, NULL);
    frame_push(&run, start);
    while (run.frame_count > 0) {
        struct frame *frame = &run.frames[run.frame_count - 1];
        if (frame->next == frame->in->count) {
            run.frame_count--;
        } else {
            step_run(&run);
        }
    }
    ensure(run.context_count == 1);
}

void template_render(struct call *c, struct sb *sb, struct str name, const struct node *data)
{
    template_run(c, sb, template_find(name), TEMPLATES, TEMPLATES_COUNT, data);
}
