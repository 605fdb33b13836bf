/*
 * Copyright (C) ngx_agent authors
 *
 * What agent_zone holds: made by ngx_agent_shm.c, counted in and read by
 * ngx_agent_metric.c, nobody else's business.
 */


#ifndef _NGX_AGENT_SHM_H_INCLUDED_
#define _NGX_AGENT_SHM_H_INCLUDED_


#include "ngx/ngx_agent.h"


/* The rows of a scope; the first is the last resort of all names. */
typedef struct {
    ngx_atomic_t              count;
    ngx_uint_t                max;
    ngx_uint_t                full;     /* it was said of this load */
    ngx_agent_series_t      **series;
} ngx_agent_shm_scope_t;


/* The gauges of one process; written by nobody else. */
typedef struct {
    ngx_atomic_t              pid;      /* 0: takes no requests */
    ngx_atomic_t              cells[];  /* ag_gauges() of them */
} ngx_agent_shm_process_t;


typedef struct ngx_agent_states_s  ngx_agent_states_t;
typedef struct ngx_agent_table_s   ngx_agent_table_t;


struct ngx_agent_zone_s {
    uint32_t                  magic;
    uint32_t                  layout;   /* of the metric table */
    ngx_uint_t                loaded;   /* configurations; the master's */
    u_char                   *processes;
    ngx_atomic_t              slots;    /* of processes, that were ever used */
    ngx_atomic_t              stops;    /* of sessions, by operators */
    ngx_atomic_t              saved;    /* state=FILE, ms of the last one */
    ngx_atomic_t              looked;   /* for other nodes' breakers, ms */
    uint64_t                  node;     /* random: tells nodes apart */
    ngx_agent_states_t       *states;   /* of providers, ngx_agent_state.h */
    ngx_agent_table_t        *table;    /* of tenants, ngx_agent_table.h */
    ngx_agent_shm_scope_t     scopes[AG_SCOPE_MAX];
};


/* The zone's init callback. */
ngx_int_t ngx_agent_shm_init(ngx_shm_zone_t *zone, void *data);

/* Rows that a scope may have, "other" included; bytes of one. */
size_t ngx_agent_shm_max(ag_scope_t scope);
size_t ngx_agent_shm_series_size(ag_scope_t scope);

/* Bytes of one process's gauges. */
size_t ngx_agent_shm_process_size(void);

/* The gauges of a process slot, of NGX_MAX_PROCESSES. */
ngx_agent_shm_process_t *ngx_agent_shm_process(ngx_agent_zone_t *shared,
    ngx_uint_t slot);


#endif /* _NGX_AGENT_SHM_H_INCLUDED_ */
