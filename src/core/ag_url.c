/*
 * Copyright (C) ngx_agent authors
 *
 * Takes the base URL of a provider apart.  Stricter than RFC 3986: what a
 * provider never needs is refused, so that nginx, libcurl and we can never
 * read one text in two ways.
 */


#include "core/ag_url.h"


#define AG_URL_HOST_MAX   253       /* bytes of a host name, RFC 1035 */
#define AG_URL_LABEL_MAX  63
#define AG_URL_PORT_MAX   65535


static size_t ag_url_scheme(ag_url_t *url, ag_str_t text);
static const char *ag_url_authority(ag_url_t *url, ag_str_t text);
static const char *ag_url_brackets(ag_url_t *url, ag_str_t text);
static int ag_url_host(ag_url_t *url);
static int ag_url_is_name(ag_str_t host);
static int ag_url_is_number(ag_str_t label);
static int ag_url_is_ipv4(ag_str_t host);
static const char *ag_url_port(ag_url_t *url, ag_str_t text);
static const char *ag_url_path(ag_url_t *url, ag_str_t text);
static int ag_url_is_alnum(ag_char_t c);
static int ag_url_is_hex(ag_char_t c);
static int ag_url_is_one_of(ag_char_t c, const char *set);


const char *
ag_url_read(ag_url_t *url, ag_str_t text)
{
    size_t       n, end;
    const char  *wrong;

    memset(url, 0, sizeof(ag_url_t));

    if (text.len > AG_URL_MAX) {
        return "it is too long";
    }

    n = ag_url_scheme(url, text);

    if (n == 0) {
        return "it does not begin with http:// or https://";
    }

    for (end = n; end < text.len; end++) {
        if (ag_url_is_one_of(text.data[end], "/?#")) {
            break;
        }
    }

    wrong = ag_url_authority(url, ag_str(text.data + n, end - n));

    if (wrong != NULL) {
        return wrong;
    }

    return ag_url_path(url, ag_str(text.data + end, text.len - end));
}


int
ag_url_may_hold_secret(ag_str_t text)
{
    size_t  i;

    for (i = 0; i < text.len; i++) {
        if (ag_url_is_one_of(text.data[i], "@?#")) {
            return 1;
        }
    }

    return 0;
}


/* Returns the length of the scheme and its slashes, 0 if it is another. */

static size_t
ag_url_scheme(ag_url_t *url, ag_str_t text)
{
    size_t       i;
    ag_char_t    c;
    const char  *scheme;

    if (text.len < sizeof("http://") - 1) {
        return 0;
    }

    url->tls = (text.data[4] | 0x20) == 's';
    url->port = url->tls ? 443 : 80;
    scheme = url->tls ? "https://" : "http://";

    for (i = 0; scheme[i] != '\0'; i++) {
        if (i == text.len) {
            return 0;
        }

        c = text.data[i];

        if (c >= 'A' && c <= 'Z') {
            c |= 0x20;
        }

        if (c != (ag_char_t) scheme[i]) {
            return 0;
        }
    }

    return i;
}


static const char *
ag_url_authority(ag_url_t *url, ag_str_t text)
{
    size_t  end;

    if (text.len != 0 && memchr(text.data, '@', text.len) != NULL) {
        return "user and password are not allowed in it";
    }

    if (text.len != 0 && text.data[0] == '[') {
        return ag_url_brackets(url, text);
    }

    for (end = 0; end < text.len && text.data[end] != ':'; end++) {
        /* void */
    }

    url->host = ag_str(text.data, end);

    if (ag_url_host(url) != AG_OK) {
        return "its host is invalid";
    }

    return ag_url_port(url, ag_str(text.data + end, text.len - end));
}


static const char *
ag_url_brackets(ag_url_t *url, ag_str_t text)
{
    size_t  end;

    for (end = 1; end < text.len && text.data[end] != ']'; end++) {
        if (!ag_url_is_hex(text.data[end])
            && !ag_url_is_one_of(text.data[end], ":."))
        {
            return "its IPv6 address is invalid";
        }
    }

    if (end == text.len || end == 1) {
        return "its IPv6 address is invalid";
    }

    url->kind = AG_HOST_IPV6;
    url->host = ag_str(text.data + 1, end - 1);
    end++;

    return ag_url_port(url, ag_str(text.data + end, text.len - end));
}


/* A host that is not in brackets. */

static int
ag_url_host(ag_url_t *url)
{
    size_t  start;

    if (!ag_url_is_name(url->host)) {
        return AG_INVALID;
    }

    start = url->host.len;

    while (start != 0 && url->host.data[start - 1] != '.') {
        start--;
    }

    if (!ag_url_is_number(ag_str(url->host.data + start,
                                 url->host.len - start)))
    {
        url->kind = AG_HOST_NAME;
        return AG_OK;
    }

    url->kind = AG_HOST_IPV4;

    return ag_url_is_ipv4(url->host) ? AG_OK : AG_INVALID;
}


/* Labels of letters, digits, "-" and "_", none empty. */

static int
ag_url_is_name(ag_str_t host)
{
    size_t  i, start;

    if (host.len > AG_URL_HOST_MAX) {
        return 0;
    }

    start = 0;

    for (i = 0; i < host.len; i++) {

        if (host.data[i] == '.') {
            if (i == start || i - start > AG_URL_LABEL_MAX) {
                return 0;
            }

            start = i + 1;
            continue;
        }

        if (!ag_url_is_alnum(host.data[i])
            && !ag_url_is_one_of(host.data[i], "-_"))
        {
            return 0;
        }
    }

    return i != start && i - start <= AG_URL_LABEL_MAX;
}


/* Would inet_aton() take a name with this last label for an address? */

static int
ag_url_is_number(ag_str_t label)
{
    size_t  i;

    if (label.len >= 2 && label.data[0] == '0'
        && (label.data[1] | 0x20) == 'x')
    {
        return 1;
    }

    for (i = 0; i < label.len; i++) {
        if (label.data[i] < '0' || label.data[i] > '9') {
            return 0;
        }
    }

    return 1;
}


/* Four decimal numbers without leading zeros, which others take for octal. */

static int
ag_url_is_ipv4(ag_str_t host)
{
    size_t    i, digits;
    unsigned  n, dots;

    n = 0;
    dots = 0;
    digits = 0;

    for (i = 0; i < host.len; i++) {

        if (host.data[i] == '.') {
            dots++;
            digits = 0;
            n = 0;
            continue;
        }

        if (host.data[i] < '0' || host.data[i] > '9' || (digits && n == 0)) {
            return 0;
        }

        n = n * 10 + (unsigned) (host.data[i] - '0');
        digits++;

        if (n > 255) {
            return 0;
        }
    }

    return dots == 3;
}


static const char *
ag_url_port(ag_url_t *url, ag_str_t text)
{
    size_t    i;
    unsigned  n;

    if (text.len == 0) {
        return NULL;
    }

    n = 0;

    for (i = 1; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9') {
            return "its port is invalid";
        }

        n = n * 10 + (unsigned) (text.data[i] - '0');

        if (n > AG_URL_PORT_MAX) {
            return "its port is invalid";
        }
    }

    if (text.data[0] != ':' || n == 0) {
        return "its port is invalid";
    }

    url->port = n;
    url->has_port = 1;

    return NULL;
}


static const char *
ag_url_path(ag_url_t *url, ag_str_t text)
{
    size_t     i;
    ag_char_t  c;

    for (i = 0; i < text.len; i++) {
        c = text.data[i];

        if (c == '?') {
            return "a query is not allowed in it";
        }

        if (c == '#') {
            return "a fragment is not allowed in it";
        }

        if (!ag_url_is_alnum(c)
            && !ag_url_is_one_of(c, "/-._~!$&'()*+,;=:@%"))
        {
            return "its path holds an invalid character";
        }
    }

    while (text.len != 0 && text.data[text.len - 1] == '/') {
        text.len--;
    }

    url->path = text;

    return NULL;
}


static int
ag_url_is_alnum(ag_char_t c)
{
    return (c >= '0' && c <= '9')
           || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}


static int
ag_url_is_hex(ag_char_t c)
{
    return (c >= '0' && c <= '9')
           || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}


static int
ag_url_is_one_of(ag_char_t c, const char *set)
{
    return c != '\0' && strchr(set, c) != NULL;
}
