/*
 * Copyright (C) ngx_agent authors
 *
 * Reads the words of a directive by a table of options, and refuses what is
 * not in it: an unknown word, a word twice, a value that it may not have.
 * Numbers have no signs and no exponents.
 */


#include "ngx/ngx_agent_conf_block.h"
#include "core/ag_count.h"


static const ngx_agent_option_t *ngx_agent_conf_option_find(
    const ngx_agent_option_t *options, ngx_str_t *word, ngx_str_t *value);
static char *ngx_agent_conf_option_unknown(ngx_conf_t *cf,
    const ngx_agent_option_t *options, ngx_str_t *word, ngx_uint_t secret);
static ngx_uint_t ngx_agent_conf_option_is_word(ngx_str_t *word);
static ngx_int_t ngx_agent_conf_option_read(ngx_conf_t *cf,
    const ngx_agent_option_t *option, ngx_str_t *value, void *field);
static ngx_int_t ngx_agent_conf_option_variable(ngx_conf_t *cf,
    ngx_str_t *value, ngx_http_complex_value_t **field);
static ngx_int_t ngx_agent_conf_option_name(const ngx_agent_option_t *option,
    u_char *data, size_t len, ngx_uint_t *field);
static ngx_int_t ngx_agent_conf_option_set(const ngx_agent_option_t *option,
    ngx_str_t *value, ngx_uint_t *field);
static ngx_int_t ngx_agent_conf_option_number(
    const ngx_agent_option_t *option, ngx_str_t *value, uint64_t *n);
static ngx_int_t ngx_agent_conf_option_units(
    const ngx_agent_option_t *option, ngx_str_t *value, uint64_t *n);
static ngx_int_t ngx_agent_conf_option_decimal(
    const ngx_agent_option_t *option, ngx_str_t *value);
static char *ngx_agent_conf_option_invalid(ngx_conf_t *cf,
    const ngx_agent_option_t *option, ngx_str_t *value);


char *
ngx_agent_conf_options(ngx_conf_t *cf, ngx_uint_t first,
    const ngx_agent_option_t *options, void *conf, ngx_uint_t secret)
{
    char                      *field;
    uint64_t                   seen;
    ngx_str_t                 *value, text;
    ngx_uint_t                 i;
    const ngx_agent_option_t  *option;

    seen = 0;
    value = cf->args->elts;

    for (i = first; i < cf->args->nelts; i++) {

        option = ngx_agent_conf_option_find(options, &value[i], &text);

        if (option == NULL) {
            return ngx_agent_conf_option_unknown(cf, options, &value[i],
                                                 secret);
        }

        if (seen & 1ULL << (option - options)) {
            return ngx_agent_conf_error(cf, NULL,
                                        "\"%V\" is given twice in \"%V\"",
                                        &option->name, &value[0]);
        }

        seen |= 1ULL << (option - options);

        field = (char *) conf + option->offset;

        if (ngx_agent_conf_option_read(cf, option, &text, field) != NGX_OK) {
            return ngx_agent_conf_option_invalid(cf, option, &text);
        }
    }

    return NGX_CONF_OK;
}


char *
ngx_agent_conf_word(ngx_conf_t *cf, const ngx_agent_option_t *option,
    ngx_str_t *word, void *conf)
{
    if (ngx_agent_conf_option_read(cf, option, word,
                                   (char *) conf + option->offset)
        != NGX_OK)
    {
        return ngx_agent_conf_option_invalid(cf, option, word);
    }

    return NGX_CONF_OK;
}


/* Finds the word's option and cuts out its value. */

static const ngx_agent_option_t *
ngx_agent_conf_option_find(const ngx_agent_option_t *options, ngx_str_t *word,
    ngx_str_t *value)
{
    size_t                     len;
    const ngx_agent_option_t  *option;

    for (option = options; option->name.len; option++) {
        len = option->name.len;

        if (word->len < len
            || ngx_strncmp(word->data, option->name.data, len) != 0)
        {
            continue;
        }

        value->data = word->data + len;
        value->len = word->len - len;

        if (option->kind == NGX_AGENT_FLAG) {
            if (value->len == 0) {
                return option;
            }

            continue;
        }

        if (value->len != 0 && value->data[0] == '=') {
            value->data++;
            value->len--;
            return option;
        }
    }

    return NULL;
}


static char *
ngx_agent_conf_option_unknown(ngx_conf_t *cf,
    const ngx_agent_option_t *options, ngx_str_t *word, ngx_uint_t secret)
{
    u_char                    *p, *last;
    u_char                     allowed[NGX_AGENT_ALLOWED_MAX];
    ngx_str_t                 *value;
    const ngx_agent_option_t  *option;

    value = cf->args->elts;

    p = allowed;
    last = allowed + NGX_AGENT_ALLOWED_MAX;

    for (option = options; option->name.len; option++) {
        p = ngx_slprintf(p, last, "%s%V%s", (option == options) ? "" : ", ",
                         &option->name,
                         (option->kind == NGX_AGENT_FLAG) ? "" : "=");
    }

    if (secret && !ngx_agent_conf_option_is_word(word)) {
        return ngx_agent_conf_error(cf, NULL,
                                    "unknown word in \"%V\" (not shown, it "
                                    "may be a secret): allowed are %*s",
                                    &value[0], (size_t) (p - allowed),
                                    allowed);
    }

    return ngx_agent_conf_error(cf, NULL,
                                "unknown word \"%V\" in \"%V\": "
                                "allowed are %*s", word, &value[0],
                                (size_t) (p - allowed), allowed);
}


/* Too short and too plain for a key: a slip of the pen. */

static ngx_uint_t
ngx_agent_conf_option_is_word(ngx_str_t *word)
{
    ngx_uint_t  i;

    for (i = 0; i < word->len; i++) {
        if ((word->data[i] < 'a' || word->data[i] > 'z')
            && word->data[i] != '_' && word->data[i] != '=')
        {
            return 0;
        }
    }

    return word->len < AG_KEY_MIN;
}


static ngx_int_t
ngx_agent_conf_option_read(ngx_conf_t *cf, const ngx_agent_option_t *option,
    ngx_str_t *value, void *field)
{
    uint64_t  n;

    switch (option->kind) {

    case NGX_AGENT_FLAG:
        *(ngx_flag_t *) field = 1;
        return NGX_OK;

    case NGX_AGENT_STRING:
        *(ngx_str_t *) field = *value;
        return value->len ? NGX_OK : NGX_ERROR;

    case NGX_AGENT_ENUM:
        return ngx_agent_conf_option_name(option, value->data, value->len,
                                          field);

    case NGX_AGENT_SET:
        return ngx_agent_conf_option_set(option, value, field);

    case NGX_AGENT_VARIABLE:
        return ngx_agent_conf_option_variable(cf, value, field);

    default:
        break;
    }

    if (ngx_agent_conf_option_number(option, value, &n) != NGX_OK) {
        return NGX_ERROR;
    }

    switch (option->kind) {

    case NGX_AGENT_SIZE:
        *(size_t *) field = (size_t) n;
        break;

    case NGX_AGENT_TIME:
        *(ngx_msec_t *) field = (ngx_msec_t) n;
        break;

    default:
        *(ngx_uint_t *) field = (ngx_uint_t) n;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_agent_conf_option_name(const ngx_agent_option_t *option, u_char *data,
    size_t len, ngx_uint_t *field)
{
    const ngx_conf_enum_t  *name;

    for (name = option->names; name->name.len; name++) {
        if (name->name.len == len
            && ngx_strncmp(name->name.data, data, len) == 0)
        {
            *field = name->value;
            return NGX_OK;
        }
    }

    return NGX_ERROR;
}


/* Names with commas between them, each at most once. */

static ngx_int_t
ngx_agent_conf_option_set(const ngx_agent_option_t *option, ngx_str_t *value,
    ngx_uint_t *field)
{
    u_char      *p, *end, *last;
    ngx_uint_t   set, bit;

    set = 0;
    last = value->data + value->len;

    for (p = value->data; p <= last; p = end + 1) {

        end = ngx_strlchr(p, last, ',');
        if (end == NULL) {
            end = last;
        }

        if (ngx_agent_conf_option_name(option, p, end - p, &bit) != NGX_OK
            || (set & bit))
        {
            return NGX_ERROR;
        }

        set |= bit;
    }

    *field = set;

    return NGX_OK;
}


/* A constant would be the same for every request: a slip of the pen. */

static ngx_int_t
ngx_agent_conf_option_variable(ngx_conf_t *cf, ngx_str_t *value,
    ngx_http_complex_value_t **field)
{
    ngx_http_compile_complex_value_t  ccv;

    if (ngx_http_script_variables_count(value) == 0) {
        return NGX_ERROR;
    }

    *field = ngx_palloc(cf->pool, sizeof(ngx_http_complex_value_t));
    if (*field == NULL) {
        return NGX_ERROR;
    }

    ngx_memzero(&ccv, sizeof(ngx_http_compile_complex_value_t));

    ccv.cf = cf;
    ccv.value = value;
    ccv.complex_value = *field;

    return ngx_http_compile_complex_value(&ccv);
}


static ngx_int_t
ngx_agent_conf_option_number(const ngx_agent_option_t *option,
    ngx_str_t *value, uint64_t *n)
{
    ngx_uint_t  named;

    if (option->names != NULL
        && ngx_agent_conf_option_name(option, value->data, value->len, &named)
           == NGX_OK)
    {
        *n = named;
        return NGX_OK;
    }

    if (ngx_agent_conf_option_units(option, value, n) != NGX_OK) {
        return NGX_ERROR;
    }

    return (*n < option->min || *n > option->max) ? NGX_ERROR : NGX_OK;
}


static ngx_int_t
ngx_agent_conf_option_units(const ngx_agent_option_t *option,
    ngx_str_t *value, uint64_t *n)
{
    off_t      size;
    ngx_int_t  number;

    switch (option->kind) {

    case NGX_AGENT_COUNT:
        return (ag_count_read(ngx_agent_str(value), n) == AG_OK) ? NGX_OK
                                                                 : NGX_ERROR;

    case NGX_AGENT_SIZE:
        size = ngx_parse_offset(value);
        *n = (uint64_t) size;

        return (size == (off_t) NGX_ERROR) ? NGX_ERROR : NGX_OK;

    case NGX_AGENT_TIME:
        number = ngx_parse_time(value, 0);
        break;

    default:
        number = ngx_agent_conf_option_decimal(option, value);
    }

    *n = (uint64_t) number;

    return (number == NGX_ERROR) ? NGX_ERROR : NGX_OK;
}


/* Digits, for some kinds a point and more digits, for some a "%" behind. */

static ngx_int_t
ngx_agent_conf_option_decimal(const ngx_agent_option_t *option,
    ngx_str_t *value)
{
    size_t  len;

    len = value->len;

    if (option->kind != NGX_AGENT_FACTOR) {

        if (len == 0 || value->data[len - 1] != '%') {
            return NGX_ERROR;
        }

        len--;
    }

    if (len == 0 || value->data[0] == '.' || value->data[len - 1] == '.') {
        return NGX_ERROR;
    }

    switch (option->kind) {

    case NGX_AGENT_PERCENT:
        return ngx_atoi(value->data, len);

    case NGX_AGENT_SHARE:
        return ngx_atofp(value->data, len, 1);

    default:
        return ngx_atofp(value->data, len, 2);
    }
}


static char *
ngx_agent_conf_option_invalid(ngx_conf_t *cf,
    const ngx_agent_option_t *option, ngx_str_t *value)
{
    u_char      allowed[NGX_AGENT_ALLOWED_MAX], *p;
    ngx_str_t  *directive;

    directive = cf->args->elts;

    p = ngx_agent_conf_allowed(allowed, allowed + NGX_AGENT_ALLOWED_MAX,
                               option);

    return ngx_agent_conf_error(cf, NULL,
                                "invalid value \"%V\" of \"%V%s%V\": "
                                "allowed %*s", value, directive,
                                option->name.len ? " " : "", &option->name,
                                (size_t) (p - allowed), allowed);
}
