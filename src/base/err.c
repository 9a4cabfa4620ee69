#include "base/err.h"

#define ERR_ROW(name, code, http, fault, retry) [name] = {code, http, fault, retry},
static const struct err_info INFO[ERR_COUNT] = {
#include "base/err.def"
};
#undef ERR_ROW

const struct err_info *err_info(enum err e)
{
    ensure(e > OK);
    ensure(e < ERR_COUNT);
    return &INFO[e];
}
