#pragma once
/*
 * outlet.h: the way out for what leaves to the office's own people, as office.ini says: the mail
 * server and the gateway for short texts, both through the courier. Off unless it is named there.
 */
#include "core/post.h"
#include "front/cli/config.h"
#include "main/courier_client.h"

struct outlet {
    struct post_door door;
    struct courier_client *courier;
    struct courier_letter letter; /* what all letters share */
    struct str gateway_url;
    struct str gateway_token;
};

/* Reads the settings and the files they name. Shapes: the call's arena and the courier outlive it.
 * Errors: ERR_SYNTAX "outlet.setting" (arg "setting"); ERR_IO "outlet.secret" (arg "path"). */
enum err outlet_open(struct call *c, const struct config *config, struct courier_client *courier,
                     struct outlet *ret_outlet);
