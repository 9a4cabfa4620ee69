#include "core/module.h"

#include "core/job.h"
#include "core/notice.h"
#include "core/org.h"
#include "core/parse.h"
#include "core/succession.h"
#include "core/transfer.h"

/* The built-in modules, then those above core. */

static const struct module *const BUILT_IN[] = {&today_module,     &org_module,   &notice_module,
                                                &job_module,       &parse_module, &transfer_module,
                                                &succession_module};

size_t modules_count(void)
{
    return ARRAY_LEN(BUILT_IN) + MODULES_ABOVE_COUNT;
}

const struct module *modules_at(size_t index)
{
    ensure(index < modules_count());
    if (index < ARRAY_LEN(BUILT_IN)) return BUILT_IN[index];
    return MODULES_ABOVE[index - ARRAY_LEN(BUILT_IN)];
}

const struct kind *module_kind(struct str kind)
{
    for (size_t m = 0; m < modules_count(); m++) {
        const struct module *module = modules_at(m);
        for (size_t i = 0; i < module->kind_count; i++) {
            if (str_eq(str_of(module->kinds[i].table->name), kind)) return &module->kinds[i];
        }
    }
    return NULL;
}

bool kind_follows(const struct kind *kind)
{
    return kind->passes || kind->follows;
}

const struct act *module_act(struct str name)
{
    for (size_t m = 0; m < modules_count(); m++) {
        const struct module *module = modules_at(m);
        for (size_t i = 0; i < module->act_count; i++) {
            if (str_eq(str_of(module->acts[i].name), name)) return &module->acts[i];
        }
    }
    return NULL;
}

bool module_act_fits(const struct act *act, struct str kind)
{
    if (act->kind == NULL) return false;
    const struct kind *k = module_kind(kind);
    return str_eq(str_of(act->kind), S(KIND_ANY)) ? k != NULL && k->passes
                                                  : str_eq(str_of(act->kind), kind);
}

const struct view_def *module_view(struct str name)
{
    for (size_t m = 0; m < modules_count(); m++) {
        const struct module *module = modules_at(m);
        for (size_t i = 0; i < module->view_count; i++) {
            if (str_eq(str_of(module->views[i].name), name)) return &module->views[i];
        }
    }
    return NULL;
}
