#pragma once
/*
 * post.h: what leaves the office for its own people: letters by SMTP, short texts by a gateway.
 * Core writes them; the door hands them over and knows no database. A text for the gateway holds no
 * content: only that something waits.
 */
#include "base/call.h"

/* The way out, made by whoever starts the office. */
struct post_door {
    /* Hands a finished message to the mail server. NULL: no mail leaves. Errors: any with fault
     * FAULT_PEER or ERR_IO: it may or may not have been taken. */
    enum err (*mail)(void *self, struct call *c, struct str to, struct str message);
    /* Gives a text to the gateway; a repeated key is the same text. NULL: none leaves. */
    enum err (*sms)(void *self, struct call *c, struct str to, struct str text, struct str key);
    void *self;
    struct str from;  /* address that stands in From */
    struct str reply; /* where answers go; empty: to From */
    struct str pages; /* "https://phoihop.example": what links begin with */
};

struct letter {
    struct str to;
    struct str subject; /* the same for all letters of one matter */
    struct str key;     /* names this letter for ever: its Message-ID */
    struct str thread;  /* the matter: letters that share it are shown together */
    struct str text;    /* plain, lines ended by \n */
    int64_t time_ms;
};

/* Says that a text can stand as an address: one @, a name and a host of plain characters. What it
 * accepts can neither end a header nor hold a second address.
 * Source: RFC 5321 section 4.1.2, without quoted names. */
bool post_address_ok(struct str address);
/* Says that a text is a telephone number: digits, an optional + before them. */
bool post_phone_ok(struct str phone);

/* The message as it goes over SMTP: lines end in CRLF, none has more than 78 bytes, everything is
 * ASCII. Shapes: addresses passed post_address_ok; key and thread are plain names.
 * Source: RFC 5322, RFC 2045 to 2047, RFC 3834. */
struct str post_letter(struct call *c, const struct post_door *door, const struct letter *letter);
