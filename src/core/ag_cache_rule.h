/*
 * Copyright (C) ngx_agent authors
 *
 * May this call be answered from the cache, may its answer be kept there, and
 * is what lies there good enough: the decisions, without the cache.
 */


#ifndef _AG_CACHE_RULE_H_INCLUDED_
#define _AG_CACHE_RULE_H_INCLUDED_


#include "core/ag_cache_key.h"
#include "core/ag_error.h"


#define AG_CACHE_ANY  UINT64_MAX


/* What a hit counts in the limits of its tenant. */
typedef enum {
    AG_CACHE_COST_REQUEST = 0,      /* one request, no tokens, no money */
    AG_CACHE_COST_NONE,             /* nothing but concurrency */
    AG_CACHE_COST_FULL              /* as the call that was made for it */
} ag_cache_cost_t;


/* "cache" of a model, a plan or a tenant.  Times in ms. */
typedef struct {
    uint64_t          ttl;          /* 0: off */
    uint64_t          stale_if_error;           /* beyond ttl */
    uint64_t          stale_while_revalidate;   /* beyond ttl */
    uint64_t          max_size;     /* bytes of an answer */
    uint64_t          temperature;  /* thousandths; a call that asks for more
                                       is not for the cache; AG_CACHE_ANY */
    uint64_t          choices;      /* the same of "n" */
    ag_cache_cost_t   hit_cost;
    ag_str_t          version;
    unsigned          redis:1;
} ag_cache_rule_t;


/*
 * Request's cache-control (RFC 9111, section 5.2.1; unknown directives are
 * passed over, of several headers or a directive twice the strictest counts).
 */
typedef struct {
    uint64_t          max_age;      /* s; AG_CACHE_ANY: not said */
    unsigned          no_cache:1;
    unsigned          no_store:1;
    unsigned          only_if_cached:1;
} ag_cache_control_t;


/* Adds what one header's value says; zeroed memory but for max_age. */
void ag_cache_control_init(ag_cache_control_t *control);
void ag_cache_control_read(ag_cache_control_t *control, ag_str_t value);


/*
 * What a body says of it: its top-level members of these names, as they stand
 * there.  Empty: not there, or null.
 */
typedef struct {
    ag_str_t          temperature;
    ag_str_t          n;
    ag_str_t          best_of;
    ag_str_t          background;
    ag_str_t          conversation;
    ag_str_t          container;
    ag_str_t          store;        /* nothing to ag_cache_may() */
} ag_cache_words_t;


/* What a call may do with the cache. */
typedef struct {
    unsigned          read:1;
    unsigned          store:1;
    unsigned          join:1;       /* a flight */
} ag_cache_may_t;

/*
 * By the rule, what the client asks for, and the body's own words, JSON values
 * that were scanned before; "store" and "previous_response_id" are none of
 * them.  A call may not read, store or join that: asks for a temperature above
 * the rule's or for more choices, is run in the background, or depends on
 * something at the provider that changes (conversation, container).  no_store:
 * nothing at all; no_cache and max_age 0: only store.
 */
ag_cache_may_t ag_cache_may(const ag_cache_rule_t *rule,
    const ag_cache_control_t *control, const ag_cache_words_t *words);


typedef enum {
    AG_CACHE_FRESH = 0,
    AG_CACHE_REVALIDATE,            /* serve it, and ask for a new one */
    AG_CACHE_STALE,                 /* serve it only if everybody fails */
    AG_CACHE_GONE                   /* neither */
} ag_cache_age_t;

/*
 * How an answer of that age counts, by the rule as it is now.  "age" is now -
 * stored, never negative: a clock that was set back makes it new.  Older than
 * the client's max_age is GONE: it does not want it even then.
 */
ag_cache_age_t ag_cache_age(const ag_cache_rule_t *rule,
    const ag_cache_control_t *control, uint64_t age_ms);

/* How long an answer of that rule has to be kept, ms. */
uint64_t ag_cache_lifetime(const ag_cache_rule_t *rule);

/*
 * A call failed: is an older answer better?  When its providers failed, none
 * was left to ask or all were too late; not when the question itself, the
 * caller's limits or its key were refused.
 */
unsigned ag_cache_excuses(ag_error_class_t error);

/*
 * Would another call with the same question fail the same way (ag_flight.h's
 * "shared")?  When the question itself was refused.
 */
unsigned ag_cache_repeats(ag_error_class_t error);


#endif /* _AG_CACHE_RULE_H_INCLUDED_ */
