/* The program: one table of verbs. */
#include "core/act.h"
#include "front/cli/cli.h"
#include "front/cli/cli_backup.h"
#include "front/cli/cli_deadline.h"
#include "front/cli/cli_copy.h"
#include "front/cli/cli_join.h"
#include "front/cli/cli_key.h"
#include "front/cli/cli_verbs.h"
#include "front/evidence/evidence_verbs.h"
#include "main/conform.h"
#include "main/courier.h"
#include "main/demo.h"
#include "main/init.h"
#include "main/keeper.h"
#include "main/parser.h"
#include "main/restore.h"
#include "main/supervise.h"
#include "main/worker.h"

#include <signal.h>
#include <sodium.h>
#include <unistd.h>

#define OPTIONS(rows) .options = (rows), .option_count = ARRAY_LEN(rows)

static const struct cli_option SERVE[] = {{"ready-fd", false, false},
                                          {"leash-fd", false, false},
                                          {"lib-fd", false, false},
                                          {"store", false, false}};
static const struct cli_option DEMO[] = {
    {"dir", false, false}, {"port", false, false}, {"once", true, false}, {"store", false, false}};
static const struct cli_option INIT[] = {
    {"office", false, true},   {"name", false, true},       {"port", false, false},
    {"address", false, false}, {"wire-port", false, false}, {"wire-address", false, false},
    {"user", false, false},    {"store", false, false},
};
static const struct cli_option ACT[] = {{"as", false, true}, {"once", false, false}};
static const struct cli_option VIEW[] = {{"as", false, true}};
static const struct cli_option USER_ADD[] = {
    {"login", false, true}, {"title", false, true},  {"name", false, false},
    {"unit", false, false}, {"roles", false, false}, {"password", false, false},
    {"as", false, false},
};
static const struct cli_option USER_PASSWD[] = {
    {"login", false, true}, {"password", false, false}, {"as", false, false}};
static const struct cli_option PEER_ADD[] = {
    {"card", false, true}, {"address", false, false}, {"as", false, false}};
static const struct cli_option PEER_LIST[] = {{"as", false, false}};
static const struct cli_option INVITE[] = {
    {"name", false, true}, {"days", false, false}, {"as", false, false}};
static const struct cli_option JOIN[] = {{"address", false, false}, {"as", false, false}};
static const struct cli_option SUCCEED[] = {{"to", false, false},
                                            {"dry-run", true, false},
                                            {"accept", true, false},
                                            {"from", false, false},
                                            {"as", false, false}};
static const struct cli_option CONFORMANCE[] = {{"dir", false, false},
                                                {"address", false, false},
                                                {"card", false, false},
                                                {"cards", true, false},
                                                {"json", true, false}};
static const struct cli_option TOKEN_ADD[] = {{"login", false, true}, {"label", false, true}};

static const struct cli_option DEADLINE[] = {
    {"from", false, true}, {"days", false, true}, {"unit", false, false}, {"json", true, false}};

static const struct cli_option STATUS[] = {{"json", true, false}};
static const struct cli_option METRICS[] = {{"token", true, false}};
static const struct cli_option BACKUP[] = {{"verify", true, false}};
static const struct cli_option RESTORE[] = {{"user", false, false}};
static const struct cli_option KEY_ROTATE[] = {{"next", false, false}, {"lost", true, false}};
static const struct cli_option KEY_REVOKE[] = {
    {"key", false, false}, {"size", false, false}, {"next", false, false}, {"lost", true, false}};
static const struct cli_option VERIFY[] = {{"keys", false, false}};

static const struct cli_verb VERBS[] = {
    {"demo", 0, 0, OPTIONS(DEMO), .run = demo_run},
    {"init", 1, 1, OPTIONS(INIT), .run = init_run},
    {"serve", 1, 1, OPTIONS(SERVE), .run = supervise_run},
    {"user add", 1, 1, OPTIONS(USER_ADD), .run = cli_user_add},
    {"user passwd", 1, 1, OPTIONS(USER_PASSWD), .run = cli_user_passwd},
    {"user list", 1, 1, .run = cli_user_list},
    {"card", 1, 1, .run = cli_card},
    {"peer add", 1, 1, OPTIONS(PEER_ADD), .run = cli_peer_add},
    {"peer list", 1, 1, OPTIONS(PEER_LIST), .run = cli_peer_list},
    {"invite", 1, 1, OPTIONS(INVITE), .run = cli_invite},
    {"invitations", 1, 1, .run = cli_invitations},
    {"join", 3, 3, OPTIONS(JOIN), .run = cli_join},
    {"conformance", 0, 0, OPTIONS(CONFORMANCE), .run = conform_run},
    {"directory", 2, 2, .run = cli_directory},
    {"key rotate", 1, 1, OPTIONS(KEY_ROTATE), .run = cli_key_rotate},
    {"key revoke", 1, 1, OPTIONS(KEY_REVOKE), .run = cli_key_revoke},
    {"exchange", 1, 1, .run = cli_exchange},
    {"status", 1, 1, OPTIONS(STATUS), .run = cli_status},
    {"track", 2, 2, OPTIONS(STATUS), .run = cli_track},
    {"metrics", 1, 1, OPTIONS(METRICS), .run = cli_metrics},
    {"succeed", 1, 1, OPTIONS(SUCCEED), .run = cli_succeed},
    {"token add", 1, 1, OPTIONS(TOKEN_ADD), .run = cli_token_add},
    {"act", 2, CLI_REST_MAX, OPTIONS(ACT), .run = cli_act},
    {"view", 2, CLI_REST_MAX, OPTIONS(VIEW), .run = cli_view},
    {"acts", 1, 1, .run = cli_acts},
    {"check", 1, 1, .run = cli_check},
    {"store copy", 2, 2, .run = cli_store_copy},
    {"backup", 2, 2, OPTIONS(BACKUP), .run = cli_backup},
    {"restore", 2, 2, OPTIONS(RESTORE), .run = restore_run},
    {"resume", 1, 1, .run = cli_resume},
    {"evidence", 2, CLI_REST_MAX, .run = evidence_export},
    {"verify", 1, 1, OPTIONS(VERIFY), .run = evidence_verify},
    {"deadline", 0, 0, OPTIONS(DEADLINE), .run = cli_deadline},
    /* the processes of `serve`, started by it alone; the argument is its process id */
    {"keeper", 1, 1, .hidden = true, .run = keeper_run},
    {"courier", 1, 1, .hidden = true, .run = courier_run},
    {"parser", 1, 1, .hidden = true, .run = parser_run},
    {"worker", 1, 2, .hidden = true, .run = worker_run},
};

/* The refusal of an office is passed on as it came. */
static struct str failure_text(struct call *c)
{
    if (str_eq(str_of(c->failure.reason), S("cli.refused"))) return c->failure.args[0].value;
    return failure_json(c);
}

static enum err run(struct call *c, int argc, char **argv)
{
    struct cli_args *args = arena_alloc(c->arena, sizeof *args);
    enum err e = cli_read(c, VERBS, ARRAY_LEN(VERBS), argc, argv, args);
    if (e != OK) return e;
    if (!args->help) return args->verb->run(c, args);
    cli_print(STDOUT_FILENO, cli_help(c, VERBS, ARRAY_LEN(VERBS), args->verb));
    return OK;
}

int main(int argc, char **argv)
{
    if (sodium_init() < 0) return 1;
    (void)signal(SIGPIPE, SIG_IGN);
    struct call c = call_begin(env_real(), NULL, NULL);
    enum err e = run(&c, argc, argv);
    if (e != OK) cli_print(STDERR_FILENO, failure_text(&c));
    int code = cli_exit_code(&c);
    call_end(&c);
    return code;
}
