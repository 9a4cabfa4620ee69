/*
 * Any bytes are given to the reader of a backup's list. What it accepts is written again as the
 * same bytes, and no name in it leads out of the folder.
 */
#include "store/backup.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct call c = call_begin(env_real(), NULL, NULL);
    struct backup_list list = {};
    enum err e = backup_list_read(&c, (struct str){(const char *)data, size}, &list);
    if (e == OK) {
        struct str text = backup_list_text(c.arena, &list);
        ensure(str_eq(text, list.text));
        for (size_t i = 0; i < list.count; i++)
            ensure(str_find(list.items[i].name, S(".."), 0) == list.items[i].name.len ||
                   str_find(list.items[i].name, S("/"), 0) == list.items[i].name.len);
    } else {
        ensure(c.failure.reason != NULL);
    }
    call_end(&c);
    return 0;
}
