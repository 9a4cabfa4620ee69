#pragma once
/* oversight_acts.h: the acts and pages of the module "exchange", for its table of contents. */
#include "core/module.h"

enum { OVERSIGHT_ACTS_COUNT = 5, OVERSIGHT_VIEWS_COUNT = 3, OVERSIGHT_KINDS_COUNT = 1 };

extern const struct act OVERSIGHT_ACTS[];
extern const struct view_def OVERSIGHT_VIEWS[];
extern const struct kind OVERSIGHT_KINDS[];
