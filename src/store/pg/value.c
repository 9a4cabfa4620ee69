#include "store/pg/pg.h"

#include <string.h>

/* Type numbers that our statements give. Source: src/include/catalog/pg_type.dat */
enum {
    TYPE_BOOL = 16,
    TYPE_BYTEA = 17,
    TYPE_NAME = 19,
    TYPE_INT8 = 20,
    TYPE_INT2 = 21,
    TYPE_INT4 = 23,
    TYPE_TEXT = 25,
    TYPE_VOID = 2278,
    TYPE_NUMERIC = 1700,
};

/* A signed integer of 1 to 8 bytes, most significant first. */
static int64_t big_endian(const char *bytes, size_t count)
{
    uint64_t number = (bytes[0] & 0x80) != 0 ? UINT64_MAX : 0;
    for (size_t i = 0; i < count; i++)
        number = (number << 8) | (uint8_t)bytes[i];
    return (int64_t)number;
}

/* sum() of whole numbers is a numeric: digits of base 10000, the first of weight `weight`.
 * Source: numeric_send() in src/backend/utils/adt/numeric.c */
static bool numeric_int(const char *bytes, size_t len, int64_t *ret_number)
{
    ensure(len >= 8);
    int64_t digits = big_endian(bytes, 2);
    int64_t weight = big_endian(bytes + 2, 2);
    int64_t sign = big_endian(bytes + 4, 2);
    ensure(len == 8 + (size_t)digits * 2);
    if ((sign != 0 && sign != 0x4000) || digits > weight + 1) return false;
    int64_t number = 0;
    for (int64_t i = 0; i <= weight && digits > 0; i++) {
        int64_t digit = i < digits ? big_endian(bytes + 8 + i * 2, 2) : 0;
        if (__builtin_mul_overflow(number, 10000, &number)) return false;
        if (__builtin_sub_overflow(number, digit, &number)) return false; /* reaches one further */
    }
    if (sign == 0 && __builtin_sub_overflow(0, number, &number)) return false;
    *ret_number = number;
    return true;
}

enum err pg_cell(struct call *c, const PGresult *result, int row, int column,
                 struct value *ret_value)
{
    *ret_value = NONE;
    if (PQgetisnull(result, row, column) != 0) return OK;
    const char *bytes = PQgetvalue(result, row, column);
    size_t len = (size_t)PQgetlength(result, row, column);
    int64_t number = 0;
    switch (PQftype(result, column)) {
    case TYPE_BOOL: number = bytes[0]; break;
    case TYPE_INT2:
    case TYPE_INT4:
    case TYPE_INT8: number = big_endian(bytes, len); break;
    case TYPE_NUMERIC:
        if (!numeric_int(bytes, len, &number)) return fail(c, ERR_INVALID, "store.statement");
        break;
    case TYPE_NAME:
    case TYPE_TEXT: *ret_value = TEXT(str_copy(c->arena, ((struct str){bytes, len}))); return OK;
    case TYPE_BYTEA: *ret_value = BYTES(str_copy(c->arena, ((struct str){bytes, len}))); return OK;
    case TYPE_VOID: return OK;
    default: ensure_failed("no statement of ours gives this type", __FILE__, __LINE__);
    }
    *ret_value = INT(number);
    return OK;
}
