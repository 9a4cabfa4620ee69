#pragma once
/* org_acts.h: what the administrator does by hand. */
#include "core/module.h"

extern const struct act ORG_ACTS[];
enum { ORG_ACTS_COUNT = 9 };
