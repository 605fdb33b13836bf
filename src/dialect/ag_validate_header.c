/*
 * Copyright (C) ngx_agent authors
 *
 * What a client asks for with x-agent-validate.  Refuses what it does not
 * know, and a second tag: to look for one of two would be to ask for less.
 */


#include "dialect/ag_validate.h"


static ag_str_t ag_validate_header_next(ag_str_t *rest);
static ag_str_t ag_validate_header_trim(ag_str_t text);
static int ag_validate_header_option(ag_str_t option,
    ag_validate_rule_t *rule);
static unsigned ag_validate_header_cut(ag_str_t *option, const char *name);
static int ag_validate_header_tag(ag_str_t name, ag_validate_rule_t *rule);
static int ag_validate_header_length(ag_str_t digits,
    ag_validate_rule_t *rule);


int
ag_validate_header(ag_str_t value, ag_validate_rule_t *rule)
{
    ag_str_t            rest;
    ag_validate_rule_t  wanted;

    wanted = *rule;
    rest = value;

    do {
        if (ag_validate_header_option(ag_validate_header_next(&rest), &wanted)
            != AG_OK)
        {
            return AG_INVALID;
        }

    } while (rest.data != NULL);

    *rule = wanted;

    return AG_OK;
}


/* Cuts off what stands before a comma; nothing is left behind the last. */
static ag_str_t
ag_validate_header_next(ag_str_t *rest)
{
    ag_str_t          option;
    const ag_char_t  *comma;

    option = *rest;
    comma = (rest->len > 0) ? memchr(rest->data, ',', rest->len) : NULL;

    if (comma == NULL) {
        *rest = ag_str(NULL, 0);
        return ag_validate_header_trim(option);
    }

    option.len = (size_t) (comma - option.data);
    *rest = ag_str(comma + 1, rest->len - option.len - 1);

    return ag_validate_header_trim(option);
}


static ag_str_t
ag_validate_header_trim(ag_str_t text)
{
    while (text.len > 0 && (text.data[0] == ' ' || text.data[0] == '\t')) {
        text.data++;
        text.len--;
    }

    while (text.len > 0 && (text.data[text.len - 1] == ' '
                            || text.data[text.len - 1] == '\t'))
    {
        text.len--;
    }

    return text;
}


static int
ag_validate_header_option(ag_str_t option, ag_validate_rule_t *rule)
{
    if (ag_str_is(option, "json")) {
        rule->json = 1;
        return AG_OK;
    }

    if (ag_str_is(option, "request")) {
        rule->request = 1;
        return AG_OK;
    }

    if (ag_str_is(option, "off")) {
        rule->request = 0;
        return AG_OK;
    }

    if (ag_validate_header_cut(&option, "tag=")) {
        return ag_validate_header_tag(option, rule);
    }

    if (ag_validate_header_cut(&option, "min_length=")) {
        return ag_validate_header_length(option, rule);
    }

    return AG_INVALID;
}


/* Cuts the name off, if the option begins with it. */
static unsigned
ag_validate_header_cut(ag_str_t *option, const char *name)
{
    size_t  len;

    len = strlen(name);

    if (option->len < len || memcmp(option->data, name, len) != 0) {
        return 0;
    }

    option->data += len;
    option->len -= len;

    return 1;
}


static int
ag_validate_header_tag(ag_str_t name, ag_validate_rule_t *rule)
{
    size_t     i;
    ag_char_t  c;

    for (i = 0; i < name.len; i++) {
        c = name.data[i];

        if ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') {
            continue;
        }

        if (c == '\0'
            || (c != '_' && (i == 0 || strchr("-.0123456789", c) == NULL)))
        {
            return AG_INVALID;
        }
    }

    if (name.len == 0
        || (rule->tag.len > 0 && !ag_str_equal(rule->tag, name)))
    {
        return AG_INVALID;
    }

    /* an equal one of the operator stays: it lives longer */

    if (rule->tag.len == 0) {
        rule->tag = name;
    }

    return AG_OK;
}


static int
ag_validate_header_length(ag_str_t digits, ag_validate_rule_t *rule)
{
    int64_t  length;

    if (ag_json_integer(digits, 0, AG_ANSWER_MAX, &length) != AG_OK) {
        return AG_INVALID;
    }

    if (rule->min_length < (size_t) length) {
        rule->min_length = (size_t) length;
    }

    return AG_OK;
}
