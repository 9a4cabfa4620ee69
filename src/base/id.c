#include "base/id.h"

bool id_is_office(struct str id)
{
    if (id.len != ID_OFFICE_LEN) return false;
    for (size_t i = 0; i < id.len; i++) {
        bool letter = id.ptr[i] >= 'a' && id.ptr[i] <= 'z';
        bool digit = id.ptr[i] >= '2' && id.ptr[i] <= '7';
        if (!letter && !digit) return false;
    }
    return true;
}

bool id_is_record(struct str id)
{
    if (id.len != ID_RECORD_LEN) return false;
    if (id.ptr[ID_OFFICE_LEN] != '.') return false;
    return id_is_office(str_sub(id, 0, ID_OFFICE_LEN)) &&
           id_is_office(str_sub(id, ID_OFFICE_LEN + 1, id.len));
}

struct str id_home(struct str id)
{
    ensure(id_is_record(id));
    return str_sub(id, 0, ID_OFFICE_LEN);
}
