/*
 * Copyright (C) ngx_agent authors
 *
 * The words of the cache's commands, and what comes back.
 */


#include "core/ag_redis_cache.h"
#include "core/ag_redis_parts.h"


typedef enum {
    AG_REDIS_CACHE_ANSWER = 'a',
    AG_REDIS_CACHE_LOCK = 'l'
} ag_redis_cache_kind_t;


static int ag_redis_cache_begin(ag_redis_command_t *command, ag_str_t prefix,
    unsigned keys);
static void ag_redis_cache_put_key(ag_redis_command_t *command,
    ag_str_t prefix, const ag_char_t *key, ag_redis_cache_kind_t kind);
static void ag_redis_cache_put_name(ag_redis_command_t *command,
    ag_str_t prefix, ag_str_t name);
static void ag_redis_cache_put_decimal(ag_redis_command_t *command,
    uint64_t number);
static int ag_redis_cache_read_row(ag_str_t text, ag_cache_purged_t *row);
static int ag_redis_cache_read_hex(ag_str_t text, uint64_t *number);


static const ag_str_t  ag_redis_cache_epoch = ag_string(":{cache}:epoch");
static const ag_str_t  ag_redis_cache_purges = ag_string(":{cache}:purges");


int
ag_redis_cache_look_write(ag_redis_command_t *command, ag_str_t prefix,
    const ag_char_t key[AG_CACHE_KEY], uint64_t owner,
    ag_redis_cache_mode_t mode)
{
    if (ag_redis_cache_begin(command, prefix, 3) != AG_OK) {
        return AG_LIMIT;
    }

    ag_redis_cache_put_key(command, prefix, key, AG_REDIS_CACHE_ANSWER);
    ag_redis_cache_put_key(command, prefix, key, AG_REDIS_CACHE_LOCK);
    ag_redis_cache_put_name(command, prefix, ag_redis_cache_epoch);
    ag_redis_put_hex(command, owner);
    ag_redis_cache_put_decimal(command, AG_REDIS_CACHE_LOCK_MS);
    ag_redis_cache_put_decimal(command, mode);

    return ag_redis_finish(command);
}


int
ag_redis_cache_look_read(const ag_redis_value_t *values, size_t count,
    ag_redis_cache_found_t *found)
{
    if (count < 2
        || values[0].kind != AG_REDIS_INTEGER
        || values[1].kind != AG_REDIS_INTEGER
        || values[0].integer < AG_REDIS_CACHE_BUSY
        || values[0].integer > AG_REDIS_CACHE_FOUND
        || values[1].integer < 0)
    {
        return AG_INVALID;
    }

    found->state = (ag_redis_cache_state_t) values[0].integer;
    found->epoch = (uint64_t) values[1].integer;
    found->sealed = ag_str("", 0);

    if (found->state != AG_REDIS_CACHE_FOUND) {
        return (count == 2) ? AG_OK : AG_INVALID;
    }

    if (count != 3 || values[2].kind != AG_REDIS_TEXT) {
        return AG_INVALID;
    }

    found->sealed = values[2].text;

    return AG_OK;
}


int
ag_redis_cache_keep_write(ag_redis_command_t *command, ag_str_t prefix,
    const ag_char_t key[AG_CACHE_KEY], ag_str_t sealed, uint64_t life_ms)
{
    if (prefix.len > AG_REDIS_PREFIX_MAX) {
        return AG_LIMIT;
    }

    command->count = 0;
    command->used = 0;

    ag_redis_put_text(command, ag_str("SET", 3));
    ag_redis_cache_put_key(command, prefix, key, AG_REDIS_CACHE_ANSWER);
    command->args[command->count++] = sealed;
    ag_redis_put_text(command, ag_str("PX", 2));
    ag_redis_cache_put_decimal(command, life_ms);

    return ag_redis_finish(command);
}


int
ag_redis_cache_hold_write(ag_redis_command_t *command, ag_str_t prefix,
    const ag_char_t *const *keys, const uint64_t *owners, unsigned count)
{
    unsigned  i;

    if (count > AG_REDIS_CACHE_HOLD_MAX
        || ag_redis_cache_begin(command, prefix, count) != AG_OK)
    {
        return AG_LIMIT;
    }

    for (i = 0; i < count; i++) {
        ag_redis_cache_put_key(command, prefix, keys[i], AG_REDIS_CACHE_LOCK);
    }

    ag_redis_cache_put_decimal(command, AG_REDIS_CACHE_LOCK_MS);

    for (i = 0; i < count; i++) {
        ag_redis_put_hex(command, owners[i]);
    }

    return ag_redis_finish(command);
}


int
ag_redis_cache_free_write(ag_redis_command_t *command, ag_str_t prefix,
    const ag_char_t key[AG_CACHE_KEY], uint64_t owner)
{
    if (ag_redis_cache_begin(command, prefix, 1) != AG_OK) {
        return AG_LIMIT;
    }

    ag_redis_cache_put_key(command, prefix, key, AG_REDIS_CACHE_LOCK);
    ag_redis_put_hex(command, owner);

    return ag_redis_finish(command);
}


int
ag_redis_cache_purge_write(ag_redis_command_t *command, ag_str_t prefix,
    uint64_t known, const ag_cache_purge_t *what)
{
    if (ag_redis_cache_begin(command, prefix, 2) != AG_OK) {
        return AG_LIMIT;
    }

    ag_redis_cache_put_name(command, prefix, ag_redis_cache_epoch);
    ag_redis_cache_put_name(command, prefix, ag_redis_cache_purges);
    ag_redis_cache_put_decimal(command, known);

    if (what == NULL) {
        ag_redis_put_text(command, ag_str("", 0));

    } else {
        ag_redis_put_hex(command, what->owner);
        ag_redis_add(command, ":", 1);
        ag_redis_add_hex(command, what->model);
    }

    return ag_redis_finish(command);
}


/* Rows of other numbers than those that follow each other say that some are
 * gone, and then it does not matter which are there. */
int
ag_redis_cache_purge_read(const ag_redis_value_t *values, size_t count,
    uint64_t known, ag_redis_cache_purged_t *purged)
{
    size_t              i;
    ag_cache_purged_t  *row;

    purged->count = 0;
    purged->complete = 1;

    if (count < 1 || count - 1 > AG_REDIS_CACHE_PURGES
        || values[0].kind != AG_REDIS_INTEGER
        || values[0].integer < 0
        || (uint64_t) values[0].integer > AG_REDIS_CACHE_NUMBER_MAX)
    {
        return AG_INVALID;
    }

    purged->last = (uint64_t) values[0].integer;

    for (i = 1; i < count; i++) {
        row = &purged->rows[purged->count];

        if (values[i].kind != AG_REDIS_TEXT
            || ag_redis_cache_read_row(values[i].text, row) != AG_OK
            || row->number != known + i)
        {
            break;
        }

        purged->count++;
    }

    if (known + purged->count != purged->last) {
        purged->complete = 0;
        purged->count = 0;
    }

    return AG_OK;
}


static int
ag_redis_cache_begin(ag_redis_command_t *command, ag_str_t prefix,
    unsigned keys)
{
    if (prefix.len > AG_REDIS_PREFIX_MAX) {
        return AG_LIMIT;
    }

    ag_redis_start(command, keys);

    return AG_OK;
}


static void
ag_redis_cache_put_key(ag_redis_command_t *command, ag_str_t prefix,
    const ag_char_t *key, ag_redis_cache_kind_t kind)
{
    unsigned   i, n;
    uint64_t   word;
    ag_char_t  end[3];

    ag_redis_put_text(command, prefix);
    ag_redis_add(command, ":{", 2);

    for (i = 0; i < AG_CACHE_KEY; i += 8) {
        word = 0;

        for (n = 0; n < 8; n++) {
            word = word << 8 | key[i + n];
        }

        ag_redis_add_hex(command, word);
    }

    end[0] = '}';
    end[1] = ':';
    end[2] = (ag_char_t) kind;

    ag_redis_add(command, end, sizeof(end));
}


static void
ag_redis_cache_put_name(ag_redis_command_t *command, ag_str_t prefix,
    ag_str_t name)
{
    ag_redis_put_text(command, prefix);
    ag_redis_add(command, name.data, name.len);
}


static void
ag_redis_cache_put_decimal(ag_redis_command_t *command, uint64_t number)
{
    size_t     n;
    ag_char_t  digits[20];

    n = sizeof(digits);

    do {
        digits[--n] = (ag_char_t) ('0' + number % 10);
        number /= 10;
    } while (number > 0);

    ag_redis_put_text(command, ag_str(&digits[n], sizeof(digits) - n));
}


/* "NUMBER:OWNER:MODEL", all of them 16 hex digits. */
static int
ag_redis_cache_read_row(ag_str_t text, ag_cache_purged_t *row)
{
    uint64_t         *to[3];
    unsigned          i;
    const ag_char_t  *p;

    if (text.len != 3 * AG_REDIS_HEX + 2) {
        return AG_INVALID;
    }

    to[0] = &row->number;
    to[1] = &row->what.owner;
    to[2] = &row->what.model;
    p = text.data;

    for (i = 0; i < 3; i++) {

        if (ag_redis_cache_read_hex(ag_str(p, AG_REDIS_HEX), to[i]) != AG_OK
            || (i < 2 && p[AG_REDIS_HEX] != ':'))
        {
            return AG_INVALID;
        }

        p += AG_REDIS_HEX + 1;
    }

    return AG_OK;
}


static int
ag_redis_cache_read_hex(ag_str_t text, uint64_t *number)
{
    size_t     i;
    ag_char_t  c;

    *number = 0;

    for (i = 0; i < text.len; i++) {
        c = text.data[i];

        if (c >= '0' && c <= '9') {
            c = (ag_char_t) (c - '0');

        } else if (c >= 'a' && c <= 'f') {
            c = (ag_char_t) (c - 'a' + 10);

        } else {
            return AG_INVALID;
        }

        *number = *number << 4 | c;
    }

    return AG_OK;
}
