/*
 * Copyright (C) ngx_agent authors
 *
 * How the words of a command are put together.  A word that does not fit
 * spoils the command; ag_redis_finish() tells.
 */


#ifndef _AG_REDIS_PARTS_H_INCLUDED_
#define _AG_REDIS_PARTS_H_INCLUDED_


#include "core/ag_redis.h"


#define AG_REDIS_NUMBER_MAX   ((UINT64_C(1) << 53) - 1)     /* Lua's numbers
                                           are doubles */
#define AG_REDIS_NUMBERS_MAX  16        /* of one word */
#define AG_REDIS_HEX          16        /* bytes of a 64-bit number */
#define AG_REDIS_RENEW_MAX    32        /* leases of one command */


/* What a key is of. */
typedef enum {
    AG_REDIS_KEY_WINDOW = 'w',
    AG_REDIS_KEY_LEASES = 'c',
    AG_REDIS_KEY_SESSION = 's',
    AG_REDIS_KEY_SEED = 'm'
} ag_redis_key_t;


/* Begins a command with its number of keys. */
void ag_redis_start(ag_redis_command_t *command, unsigned keys);

/* "PREFIX:{TENANT}:KIND:ID". */
void ag_redis_put_key(ag_redis_command_t *command, ag_str_t prefix,
    uint64_t tenant, ag_redis_key_t kind, const uint64_t id[2]);

/* The key of the claim's window. */
void ag_redis_put_claim_key(ag_redis_command_t *command,
    const ag_redis_step_t *step, unsigned number);

/* A word of 16 hex digits. */
void ag_redis_put_hex(ag_redis_command_t *command, uint64_t number);

/* A word of doubles, behind "text".  Numbers are cut to AG_REDIS_NUMBER_MAX:
 * a limit of more is one of that. */
void ag_redis_put_numbers(ag_redis_command_t *command, ag_str_t text,
    const uint64_t *numbers, unsigned count);

/* A word of bytes; they are copied. */
void ag_redis_put_text(ag_redis_command_t *command, ag_str_t text);

/* More bytes of the last word, for ":" and hex digits or pairs. */
void ag_redis_add(ag_redis_command_t *command, const void *data, size_t len);
void ag_redis_add_hex(ag_redis_command_t *command, uint64_t number);

/* "number" as "size" bytes, the lowest first. */
void ag_redis_bytes(ag_char_t *out, uint64_t number, size_t size);

/* AG_OK, or AG_LIMIT and no command. */
int ag_redis_finish(ag_redis_command_t *command);

/* Is there a session in the step? */
unsigned ag_redis_has_session(const ag_redis_step_t *step);

/* The kind of the claim's window. */
static inline ag_window_kind_t
ag_redis_kind(const ag_claim_t *claim)
{
    return claim->limit->kind;
}


#endif /* _AG_REDIS_PARTS_H_INCLUDED_ */
