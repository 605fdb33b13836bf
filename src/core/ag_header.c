/*
 * Copyright (C) ngx_agent authors
 *
 * Decides which header lines an operator may add.  Refuses every one that
 * could cut a request in two or change what the transfer has agreed on, and
 * those that hold secrets: a secret stands in no configuration.
 */


#include "core/ag_header.h"


#define AG_HEADERS_OURS(X)                                                    \
    X("connection")                                                           \
    X("content-length")                                                       \
    X("content-type")                                                         \
    X("expect")                                                               \
    X("host")                                                                 \
    X("transfer-encoding")                                                    \
    X("accept-encoding")                                                      \
    X("keep-alive")                                                           \
    X("te")                                                                   \
    X("trailer")                                                              \
    X("upgrade")                                                              \
    X("authorization")                                                        \
    X("proxy-authorization")                                                  \
    X("x-api-key")                                                            \
    X("api-key")                                                              \
    X("x-goog-api-key")                                                       \
    X("cookie")


static ag_char_t ag_header_lower(ag_char_t c);


static const char  *ag_header_names[] = {
#define AG_HEADER_NAME(name)  name,
    AG_HEADERS_OURS(AG_HEADER_NAME)
#undef AG_HEADER_NAME
};


int
ag_header_is_name(ag_str_t name)
{
    size_t     i;
    ag_char_t  c;

    for (i = 0; i < name.len; i++) {
        c = name.data[i];

        if (c <= 0x20 || c >= 0x7f || strchr("\"(),/:;<=>?@[\\]{}", c)) {
            return 0;
        }
    }

    return name.len != 0;
}


int
ag_header_is_value(ag_str_t value)
{
    size_t     i;
    ag_char_t  c;

    for (i = 0; i < value.len; i++) {
        c = value.data[i];

        if ((c < 0x20 && c != '\t') || c == 0x7f) {
            return 0;
        }

        if ((c == ' ' || c == '\t') && (i == 0 || i == value.len - 1)) {
            return 0;
        }
    }

    return 1;
}


int
ag_header_is_ours(ag_str_t name)
{
    size_t  i;

    for (i = 0; i < sizeof(ag_header_names) / sizeof(char *); i++) {
        if (ag_header_same(name, ag_str(ag_header_names[i],
                                        strlen(ag_header_names[i]))))
        {
            return 1;
        }
    }

    return 0;
}


const char *
ag_header_ours(void)
{
#define AG_HEADER_LISTED(name)  ", " name
    static const char  listed[] = AG_HEADERS_OURS(AG_HEADER_LISTED);
#undef AG_HEADER_LISTED

    return listed + 2;
}


int
ag_header_same(ag_str_t a, ag_str_t b)
{
    size_t  i;

    if (a.len != b.len) {
        return 0;
    }

    for (i = 0; i < a.len; i++) {
        if (ag_header_lower(a.data[i]) != ag_header_lower(b.data[i])) {
            return 0;
        }
    }

    return 1;
}


static ag_char_t
ag_header_lower(ag_char_t c)
{
    return (c >= 'A' && c <= 'Z') ? (ag_char_t) (c | 0x20) : c;
}
