#include "base/base.h"

#include <stdio.h>
#include <stdlib.h>

void ensure_failed(const char *condition, const char *file, int line)
{
    (void)fprintf(stderr, "%s:%d: ensure(%s) failed\n", file, line, condition);
    abort();
}
