#pragma once
/* org_views.h: the pages of the office's registry and the generic record page. */
#include "core/module.h"

extern const struct view_def ORG_VIEWS[];
enum { ORG_VIEWS_COUNT = 5 };
