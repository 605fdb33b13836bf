/*
 * Copyright (C) ngx_agent authors
 *
 * What all commands share: their words, the names of keys, and what an error
 * of Redis means.  Words never hold a client's text: ids are numbers, and are
 * written as hex digits.
 */


#include "core/ag_redis_parts.h"


#define AG_REDIS_SPOILT  (AG_REDIS_ARGS_MAX + 1)


typedef struct {
    const char        *word;
    ag_redis_error_t   error;
} ag_redis_word_t;


static ag_redis_error_t ag_redis_classify_word(ag_str_t error);
static ag_redis_error_t ag_redis_classify_text(ag_str_t error);
static ag_redis_error_t ag_redis_classify_within(ag_str_t error);
static unsigned ag_redis_begins(ag_str_t text, const char *with);


/* Each is an error's first word. */
static const ag_redis_word_t  ag_redis_words[] = {
    { "NOSCRIPT",    AG_REDIS_E_NOSCRIPT },

    { "BUSY",        AG_REDIS_E_BUSY },
    { "CLUSTERDOWN", AG_REDIS_E_BUSY },
    { "LOADING",     AG_REDIS_E_BUSY },
    { "MASTERDOWN",  AG_REDIS_E_BUSY },
    { "MISCONF",     AG_REDIS_E_BUSY },
    { "NOREPLICAS",  AG_REDIS_E_BUSY },
    { "OOM",         AG_REDIS_E_BUSY },
    { "READONLY",    AG_REDIS_E_BUSY },
    { "REDIRECT",    AG_REDIS_E_BUSY },         /* Valkey: a failover */
    { "TRYAGAIN",    AG_REDIS_E_BUSY },

    { "DENIED",      AG_REDIS_E_AUTH },         /* protected mode */
    { "NOAUTH",      AG_REDIS_E_AUTH },
    { "NOPERM",      AG_REDIS_E_AUTH },
    { "WRONGPASS",   AG_REDIS_E_AUTH },

    { "ASK",         AG_REDIS_E_CLUSTER },
    { "CROSSSLOT",   AG_REDIS_E_CLUSTER },
    { "MOVED",       AG_REDIS_E_CLUSTER },

    { NULL,          AG_REDIS_E_OTHER }
};


/* What stands behind "ERR ". */
static const ag_redis_word_t  ag_redis_texts[] = {
    { "max number of clients",              AG_REDIS_E_BUSY },
    { "invalid password",                   AG_REDIS_E_AUTH },
    { "AUTH ",                              AG_REDIS_E_AUTH },
    { "Client sent AUTH",                   AG_REDIS_E_AUTH },
    { "Script attempted to access a non local key",
                                            AG_REDIS_E_CLUSTER },
    { "Script attempted to access keys that do not hash",
                                            AG_REDIS_E_CLUSTER },
    { NULL,                                 AG_REDIS_E_OTHER }
};


ag_redis_error_t
ag_redis_classify(ag_str_t error)
{
    if (error.len > 0 && error.data[0] == '-') {
        error.data++;
        error.len--;
    }

    if (ag_redis_begins(error, "ERR ")) {
        error.data += 4;
        error.len -= 4;

        return ag_redis_classify_text(error);
    }

    return ag_redis_classify_word(error);
}


void
ag_redis_start(ag_redis_command_t *command, unsigned keys)
{
    size_t     n;
    ag_char_t  digits[2];

    command->count = 0;
    command->used = 0;

    /* never more than 99: AG_REDIS_RENEW_MAX, AG_LIMITS_MAX + 1 */

    n = 0;

    if (keys >= 10) {
        digits[n++] = (ag_char_t) ('0' + keys / 10);
    }

    digits[n++] = (ag_char_t) ('0' + keys % 10);

    ag_redis_put_text(command, ag_str(digits, n));
}


void
ag_redis_put_key(ag_redis_command_t *command, ag_str_t prefix,
    uint64_t tenant, ag_redis_key_t kind, const uint64_t id[2])
{
    ag_char_t  middle[4];

    if (prefix.len > AG_REDIS_PREFIX_MAX) {
        command->count = AG_REDIS_SPOILT;
        return;
    }

    middle[0] = '}';
    middle[1] = ':';
    middle[2] = (ag_char_t) kind;
    middle[3] = ':';

    ag_redis_put_text(command, prefix);
    ag_redis_add(command, ":{", 2);
    ag_redis_add_hex(command, tenant);
    ag_redis_add(command, middle, sizeof(middle));
    ag_redis_add_hex(command, id[0]);
    ag_redis_add_hex(command, id[1]);
}


void
ag_redis_put_claim_key(ag_redis_command_t *command,
    const ag_redis_step_t *step, unsigned number)
{
    ag_redis_key_t  kind;

    kind = (ag_redis_kind(&step->claims[number]) == AG_WINDOW_COUNT)
           ? AG_REDIS_KEY_LEASES : AG_REDIS_KEY_WINDOW;

    ag_redis_put_key(command, step->prefix, step->tenant, kind,
                     step->ids[number]);
}


void
ag_redis_put_hex(ag_redis_command_t *command, uint64_t number)
{
    ag_redis_put_text(command, ag_str("", 0));
    ag_redis_add_hex(command, number);
}


void
ag_redis_put_numbers(ag_redis_command_t *command, ag_str_t text,
    const uint64_t *numbers, unsigned count)
{
    double     number;
    unsigned   i;
    uint64_t   bits;
    ag_char_t  bytes[AG_REDIS_NUMBERS_MAX * 8];

    for (i = 0; i < count; i++) {
        number = (double) ((numbers[i] < AG_REDIS_NUMBER_MAX)
                           ? numbers[i] : AG_REDIS_NUMBER_MAX);

        memcpy(&bits, &number, sizeof(bits));
        ag_redis_bytes(&bytes[8 * i], bits, 8);
    }

    ag_redis_put_text(command, text);
    ag_redis_add(command, bytes, 8 * count);
}


void
ag_redis_put_text(ag_redis_command_t *command, ag_str_t text)
{
    if (command->count >= AG_REDIS_ARGS_MAX) {
        command->count = AG_REDIS_SPOILT;
        return;
    }

    command->args[command->count++] = ag_str(&command->text[command->used], 0);

    ag_redis_add(command, text.data, text.len);
}


void
ag_redis_add(ag_redis_command_t *command, const void *data, size_t len)
{
    if (command->count == AG_REDIS_SPOILT
        || len > AG_REDIS_TEXT_MAX - command->used)
    {
        command->count = AG_REDIS_SPOILT;
        return;
    }

    if (len > 0) {
        memcpy(&command->text[command->used], data, len);
    }

    command->used += len;
    command->args[command->count - 1].len += len;
}


void
ag_redis_add_hex(ag_redis_command_t *command, uint64_t number)
{
    size_t     i;
    ag_char_t  digits[AG_REDIS_HEX];

    for (i = AG_REDIS_HEX; i > 0; i--) {
        digits[i - 1] = (ag_char_t) "0123456789abcdef"[number & 0xf];
        number >>= 4;
    }

    ag_redis_add(command, digits, sizeof(digits));
}


void
ag_redis_bytes(ag_char_t *out, uint64_t number, size_t size)
{
    size_t  i;

    for (i = 0; i < size; i++) {
        out[i] = (ag_char_t) (number & 0xff);
        number >>= 8;
    }
}


int
ag_redis_finish(ag_redis_command_t *command)
{
    if (command->count == AG_REDIS_SPOILT) {
        command->count = 0;
        return AG_LIMIT;
    }

    return AG_OK;
}


unsigned
ag_redis_has_session(const ag_redis_step_t *step)
{
    return step->session_id[0] != 0 || step->session_id[1] != 0;
}


static ag_redis_error_t
ag_redis_classify_word(ag_str_t error)
{
    size_t                  n;
    const ag_redis_word_t  *w;

    for (w = ag_redis_words; w->word != NULL; w++) {
        n = strlen(w->word);

        if (ag_redis_begins(error, w->word)
            && (error.len == n || error.data[n] == ' '))
        {
            return w->error;
        }
    }

    return AG_REDIS_E_OTHER;
}


static ag_redis_error_t
ag_redis_classify_text(ag_str_t error)
{
    const ag_redis_word_t  *t;

    for (t = ag_redis_texts; t->word != NULL; t++) {
        if (ag_redis_begins(error, t->word)) {
            return t->error;
        }
    }

    return ag_redis_begins(error, "Error running script")
           ? ag_redis_classify_within(error) : AG_REDIS_E_OTHER;
}


/*
 * Redis 6 tells a script's errors within its own: "Error running script (call
 * to f_...): @user_script:7: @user_script: 7: -OOM command not ...".
 */
static ag_redis_error_t
ag_redis_classify_within(ag_str_t error)
{
    ag_str_t          rest;
    ag_redis_error_t  found;

    for (rest = error; rest.len > 3; rest.data++, rest.len--) {

        if (!ag_redis_begins(rest, ": ")) {
            continue;
        }

        found = ag_redis_classify_word((rest.data[2] == '-')
                                       ? ag_str(rest.data + 3, rest.len - 3)
                                       : ag_str(rest.data + 2, rest.len - 2));

        if (found == AG_REDIS_E_OTHER) {
            found = ag_redis_begins(rest, ": Script attempted to access")
                    ? AG_REDIS_E_CLUSTER : AG_REDIS_E_OTHER;
        }

        if (found != AG_REDIS_E_OTHER) {
            return found;
        }
    }

    return AG_REDIS_E_OTHER;
}


static unsigned
ag_redis_begins(ag_str_t text, const char *with)
{
    size_t  n;

    n = strlen(with);

    return text.len >= n && memcmp(text.data, with, n) == 0;
}
