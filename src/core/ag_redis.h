/*
 * Copyright (C) ngx_agent authors
 *
 * Limits that several nodes share, in Redis: all of a call's limits in one
 * script, on Redis's clock.  What is sent and what comes back; nobody talks to
 * Redis here.
 *
 * A window is one string: a head of numbers, then the slots of a log or of
 * sub-windows, as in ag_limit.h, so that a step reads and writes some bytes
 * of it.  A concurrency limit is a sorted set of leases with the time when
 * each ends; nodes renew them.  All keys of a tenant carry its id as a hash
 * tag, in hex digits (names of people never become names of keys):
 * "PREFIX:{TENANT}:w:ID".  Keys expire when nothing in them counts any more.
 */


#ifndef _AG_REDIS_H_INCLUDED_
#define _AG_REDIS_H_INCLUDED_


#include "core/ag_limit.h"
#include "core/ag_session.h"


#define AG_REDIS_ARGS_MAX    256        /* words of a command */
#define AG_REDIS_TEXT_MAX    8192       /* bytes of words that are made here */
#define AG_REDIS_VALUES_MAX  128        /* of one reply */
#define AG_REDIS_PREFIX_MAX  64         /* bytes */
#define AG_REDIS_LEASE_US    UINT64_C(60000000)     /* a concurrency lease;
                                           renewed at a third of it */


/* The scripts. */
typedef enum {
    AG_REDIS_TAKE = 0,      /* a call's limits and session: all or none */
    AG_REDIS_SETTLE,        /* what was taken becomes what was used */
    AG_REDIS_SEED,          /* what a node remembers of a window */
    AG_REDIS_RENEW,         /* leases of calls that are still in flight */
    AG_REDIS_STOP,          /* stops a session */
    AG_REDIS_CACHE_LOOK,    /* an answer, or the lock to get it; of these four
                               see ag_redis_cache.h */
    AG_REDIS_CACHE_HOLD,    /* locks of calls that are still in flight */
    AG_REDIS_CACHE_FREE,    /* gives a lock back */
    AG_REDIS_CACHE_PURGE,   /* a purge, and those of others */
    AG_REDIS_SCRIPTS
} ag_redis_script_t;


/* The script's Lua text, terminated, and its SHA-1 as 40 hex digits. */
const char *ag_redis_script(ag_redis_script_t script);
const char *ag_redis_script_sha1(ag_redis_script_t script);


/* A command's words; those that are made here lie in "text". */
typedef struct {
    unsigned    count;
    ag_str_t    args[AG_REDIS_ARGS_MAX];
    size_t      used;
    ag_char_t   text[AG_REDIS_TEXT_MAX];
} ag_redis_command_t;


/* One value of a reply; an array's elements, arrays within them flattened
 * away, stand in a row. */
typedef enum {
    AG_REDIS_NIL = 0,
    AG_REDIS_INTEGER,
    AG_REDIS_TEXT,
    AG_REDIS_STATUS,
    AG_REDIS_ERROR
} ag_redis_kind_t;


typedef struct {
    ag_redis_kind_t  kind;
    int64_t          integer;
    ag_str_t         text;      /* TEXT, STATUS, ERROR */
} ag_redis_value_t;


/* What an error of Redis means for us. */
typedef enum {
    AG_REDIS_E_OTHER = 0,       /* our own mistake, or a script's */
    AG_REDIS_E_NOSCRIPT,        /* send the text once */
    AG_REDIS_E_BUSY,            /* LOADING, READONLY, OOM, MISCONF, BUSY,
                                   MASTERDOWN, TRYAGAIN, CLUSTERDOWN: as if it
                                   were down */
    AG_REDIS_E_AUTH,            /* NOAUTH, WRONGPASS, NOPERM */
    AG_REDIS_E_CLUSTER          /* MOVED, ASK, CROSSSLOT: not served */
} ag_redis_error_t;

ag_redis_error_t ag_redis_classify(ag_str_t error);


/* The claims of one call, as the scripts see them. */
typedef struct {
    ag_str_t                   prefix;
    uint64_t                   tenant;      /* id: the hash tag */
    uint64_t                   lease;       /* random id of this call; its
                                               concurrency leases */
    unsigned                   count;
    ag_claim_t                *claims;      /* window may be NULL */
    uint64_t                 (*ids)[2];     /* of their windows */
    uint64_t                  *epochs;      /* out of TAKE: each window's
                                               incarnation; see SEED */
    ag_standing_t             *standings;   /* out of TAKE: if not NULL */

    /* a session, if session_id is not 0, 0 */
    uint64_t                   session_id[2];
    const ag_session_guard_t  *guard;
    const ag_session_call_t   *session;
    ag_session_verdict_t       session_verdict;     /* out of TAKE */

    /* Redis's clock, us: a TAKE that it runs later than "by" does nothing,
     * since nobody waits for it any more; 0: never.  Out of TAKE: when it
     * ran. */
    uint64_t                   by;
    uint64_t                   clock;
} ag_redis_step_t;


/*
 * Each writes the script's keys and arguments as they follow "EVALSHA SHA1":
 * number of keys first.  AG_OK, or AG_LIMIT if it is too much for a command.
 */
int ag_redis_take_write(ag_redis_command_t *command,
    const ag_redis_step_t *step);

/* Reads TAKE's reply: sets taken, mark and epoch of each claim, standings,
 * session_verdict, and *verdict as ag_limit_take() does.  AG_NONE: it ran too
 * late, only "clock" is set; AG_INVALID: it is not a reply of this script. */
int ag_redis_take_read(const ag_redis_value_t *values, size_t count,
    ag_redis_step_t *step, ag_verdict_t *verdict);

/* claim->used, ->taken and ->mark say what to settle; "session_cost" is what
 * it reserved and what it was.  A concurrency lease is given back. */
int ag_redis_settle_write(ag_redis_command_t *command,
    const ag_redis_step_t *step, uint64_t session_reserved,
    uint64_t session_cost);

/* Renews the leases of up to 32 calls of a tenant. */
int ag_redis_renew_write(ag_redis_command_t *command, ag_str_t prefix,
    uint64_t tenant, uint64_t (*ids)[2], const uint64_t *leases,
    unsigned count);

/*
 * What this node's own window remembers since "since" (us of its own clock),
 * as ages: Redis adds it to the window "id" if that is still the incarnation
 * "epoch" and this node ("node", random) has not seeded the same "round" of it
 * before.  So a Redis that lost its data, or that was away for a while, is
 * told.  AG_OK; AG_NONE: there is nothing to tell; AG_LIMIT.
 */
int ag_redis_seed_write(ag_redis_command_t *command, ag_str_t prefix,
    uint64_t tenant, const uint64_t id[2], const ag_limit_t *limit,
    const ag_window_t *window, uint64_t epoch, uint64_t node, uint64_t round,
    uint64_t since, const ag_now_t *now);

int ag_redis_stop_write(ag_redis_command_t *command, ag_str_t prefix,
    uint64_t tenant, const uint64_t session_id[2]);


#endif /* _AG_REDIS_H_INCLUDED_ */
