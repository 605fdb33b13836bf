/*
 * Copyright (C) ngx_agent authors
 *
 * What the workers share about providers: breakers, rests, places, latency,
 * health.  Made by ngx_agent_state.c when a configuration is loaded and never
 * freed; so that the state of a target is a pointer in the configuration.
 *
 * A place and a busy mark are counted twice: in a total, and in what this
 * process holds of it.  When a process dies its successor subtracts what it
 * held.  Who waits for a place draws a ticket; each process shows that of its
 * first, and the oldest of them goes first.
 */


#ifndef _NGX_AGENT_STATE_H_INCLUDED_
#define _NGX_AGENT_STATE_H_INCLUDED_


#include "ngx/ngx_agent_shm.h"
#include "core/ag_breaker.h"


/* A lock that outlives its owner: the word is the owner's process id. */
typedef struct {
    ngx_atomic_t              owner;        /* 0: free */
} ngx_agent_lock_t;


/* Until when a key rests, ms; "key" is its hash, 0: none. */
typedef struct {
    uint64_t                  key;
    ngx_atomic_t              until;
} ngx_agent_rest_t;


struct ngx_agent_peer_state_s {
    ngx_agent_peer_state_t   *next;
    uint64_t                  id;           /* hash of target and URL */
    ngx_uint_t                counter;      /* its number, see below */
    ngx_atomic_t              latency;      /* us, moving average */
    ngx_agent_lock_t          lock;         /* of the breaker */
    ag_breaker_t              breaker;
    ngx_agent_rest_t          rests[AG_PROVIDER_KEYS_MAX];
};


struct ngx_agent_replica_state_s {
    ngx_agent_replica_state_t  *next;
    uint64_t                  id;           /* hash of provider and URL */
    ngx_atomic_t              check_at;     /* next health check, ms */
    ngx_atomic_t              failed;       /* checks in a row */
    ngx_atomic_t              sick;         /* out until a check succeeds */
};


struct ngx_agent_provider_state_s {
    ngx_agent_provider_state_t  *next;
    uint64_t                  id;           /* hash of the name */
    ngx_uint_t                places;       /* counter of its places */
    ngx_uint_t                waiting;      /* counter of its queue */
    ngx_atomic_t              tickets;      /* that were drawn by those who
                                               wait */
    ngx_agent_rest_t          rests[AG_PROVIDER_KEYS_MAX];
};


#define NGX_AGENT_COUNTERS_MAX  4096    /* peers, and two for a provider */


struct ngx_agent_states_s {
    ngx_agent_peer_state_t     *peers;
    ngx_agent_replica_state_t  *replicas;
    ngx_agent_provider_state_t *providers;
    ngx_uint_t                counters;     /* numbers that are given out */
    ngx_atomic_t              busy[NGX_AGENT_COUNTERS_MAX];
    uint32_t                 *held[NGX_MAX_PROCESSES];
    ngx_atomic_t             *heads[NGX_MAX_PROCESSES];
    ngx_uint_t                held_count[NGX_MAX_PROCESSES];
    ngx_atomic_t              held_by[NGX_MAX_PROCESSES];   /* process ids */
};


/* Makes or finds the states of all that is configured: init_zone. */
ngx_int_t ngx_agent_state_connect(ngx_agent_main_conf_t *amcf);

/* Breakers, rests and latencies of a zone that this one takes the place of;
 * places do not come along: who holds them gives them back there. */
void ngx_agent_state_inherit(ngx_agent_states_t *states,
    ngx_agent_states_t *old);

/* Bytes of a zone that it needs beside the states themselves. */
size_t ngx_agent_state_size(void);

/* Takes over this process's counters and ledger, and mends what dead ones
 * held. */
ngx_int_t ngx_agent_state_init_process(ngx_agent_main_conf_t *amcf);

/*
 * What dead processes held is given back, here and in the table of tenants; a
 * worker that was told to leave has no successor that would do it.  Looks once
 * a second at most.
 */
void ngx_agent_state_reap(ngx_agent_main_conf_t *amcf);

/*
 * Counts one up if the total is below "max" (0: no bound).  NGX_OK, or
 * NGX_BUSY.
 */
ngx_int_t ngx_agent_state_take(ngx_agent_main_conf_t *amcf,
    ngx_uint_t counter, ngx_uint_t max);
void ngx_agent_state_give(ngx_agent_main_conf_t *amcf, ngx_uint_t counter);

/* The total. */
ngx_uint_t ngx_agent_state_count(ngx_agent_main_conf_t *amcf,
    ngx_uint_t counter);

/*
 * The ticket of who waits first in this process; 0: nobody.  "counter" is
 * that of the queue.
 */
void ngx_agent_state_head(ngx_agent_main_conf_t *amcf, ngx_uint_t counter,
    ngx_uint_t ticket);

/* Processes whose first has an older ticket; of all that wait if it is 0. */
ngx_uint_t ngx_agent_state_older(ngx_agent_main_conf_t *amcf,
    ngx_uint_t counter, ngx_uint_t ticket);

/* No process, or one of ours that has ended; 0, ourselves: no. */
ngx_uint_t ngx_agent_state_is_dead(ngx_atomic_uint_t pid);

/* Did its owner die?  Then what it guards may be half changed. */
ngx_uint_t ngx_agent_state_lock(ngx_agent_lock_t *lock);
void ngx_agent_state_unlock(ngx_agent_lock_t *lock);


#endif /* _NGX_AGENT_STATE_H_INCLUDED_ */
