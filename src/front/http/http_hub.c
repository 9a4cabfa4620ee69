#include <pthread.h>

#include "front/http/http_core.h"

enum { EVENTS_MAX = 4096 };
static const size_t EVENT_BYTES_MAX = (size_t)1024 * 1024;
static const size_t PENDING_BYTES_MAX = (size_t)4 * 1024 * 1024;

/* Publishers write into one arena while the loop reads from the other. */
struct http_hub {
    pthread_mutex_t lock;
    struct arena *arenas[2];
    size_t writing; /* index of the publishers' arena */
    struct http_event *first;
    struct http_event *last;
    size_t count;
    bool overflow;
    int wake_fd;
};

static void close_arenas(void *arg)
{
    struct http_hub *hub = arg;
    arena_close(hub->arenas[0]);
    arena_close(hub->arenas[1]);
    (void)pthread_mutex_destroy(&hub->lock);
}

struct http_hub *http_hub_open(struct arena *arena, int wake_fd)
{
    struct http_hub *hub = arena_alloc(arena, sizeof *hub);
    (void)pthread_mutex_init(&hub->lock, NULL);
    hub->wake_fd = wake_fd;
    hub->arenas[0] = arena_open(PENDING_BYTES_MAX);
    hub->arenas[1] = arena_open(PENDING_BYTES_MAX);
    arena_defer(arena, close_arenas, hub);
    return hub;
}

/* One "data:" line for each line of text; a CR would end a line too and is left out.
 * Source: WHATWG HTML 9.2.6. */
static struct str event_text(struct arena *arena, struct str data)
{
    struct sb sb = sb_new(arena, 0);
    bool more = true;
    while (more) {
        struct str line = {};
        more = str_cut(data, '\n', &line, &data);
        sb_put(&sb, S("data: "));
        bool cr = true;
        while (cr) {
            struct str piece = {};
            cr = str_cut(line, '\r', &piece, &line);
            sb_put(&sb, piece);
        }
        sb_char(&sb, '\n');
    }
    sb_char(&sb, '\n');
    return sb_str(&sb);
}

void http_hub_publish(struct http_hub *hub, struct str topic, struct str data)
{
    ensure(topic.len > 0);
    int failed = pthread_mutex_lock(&hub->lock);
    ensure(failed == 0);
    struct arena *arena = hub->arenas[hub->writing];
    bool wake = hub->count == 0;
    if (hub->count == EVENTS_MAX || arena_over(arena) || data.len > EVENT_BYTES_MAX) {
        hub->overflow = true;
    } else {
        struct http_event *event = arena_alloc(arena, sizeof *event);
        event->topic = str_copy(arena, topic);
        event->text = event_text(arena, data);
        if (hub->last != NULL) {
            hub->last->next = event;
        } else {
            hub->first = event;
        }
        hub->last = event;
        hub->count++;
    }
    (void)pthread_mutex_unlock(&hub->lock);
    if (wake) http_wake(hub->wake_fd);
}

const struct http_event *http_hub_take(struct http_hub *hub, bool *ret_overflow)
{
    int failed = pthread_mutex_lock(&hub->lock);
    ensure(failed == 0);
    const struct http_event *first = hub->first;
    *ret_overflow = hub->overflow;
    ensure((first == NULL) == (hub->count == 0));
    hub->first = NULL;
    hub->last = NULL;
    hub->count = 0;
    hub->overflow = false;
    if (first != NULL) {
        hub->writing = 1 - hub->writing;
        arena_reset(hub->arenas[hub->writing]); /* what the last call returned */
    }
    (void)pthread_mutex_unlock(&hub->lock);
    return first;
}
