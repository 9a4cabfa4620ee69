#include "front/http/http_core.h"

void http_list_add(struct http_list *list, struct http_conn *conn)
{
    ensure(conn->list == NULL);
    ensure((list->first == NULL) == (list->last == NULL));
    conn->list = list;
    conn->list_prev = list->last;
    conn->list_next = NULL;
    if (list->last != NULL) {
        list->last->list_next = conn;
    } else {
        list->first = conn;
    }
    list->last = conn;
}

void http_list_remove(struct http_conn *conn)
{
    struct http_list *list = conn->list;
    if (list == NULL) return;
    ensure(list->first != NULL);
    if (conn->list_prev != NULL) {
        conn->list_prev->list_next = conn->list_next;
    } else {
        list->first = conn->list_next;
    }
    if (conn->list_next != NULL) {
        conn->list_next->list_prev = conn->list_prev;
    } else {
        list->last = conn->list_prev;
    }
    conn->list = NULL;
}
