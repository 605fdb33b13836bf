/*
 * Copyright (C) ngx_agent authors
 *
 * What a call is, what an attempt is, and which file does what with them.
 */


#ifndef _NGX_AGENT_CALL_H_INCLUDED_
#define _NGX_AGENT_CALL_H_INCLUDED_


#include "ngx/ngx_agent.h"
#include "ngx/ngx_agent_lists.h"


typedef enum {
#define NGX_AGENT_PHASE_ID(id, name, function, next)  NGX_AGENT_PHASE_##id,
    AG_PHASES(NGX_AGENT_PHASE_ID)
#undef NGX_AGENT_PHASE_ID
    NGX_AGENT_PHASE_MAX
} ngx_agent_phase_t;


/* What settle must give back; of a call. */
#define NGX_AGENT_HELD_FLIGHT  0x01     /* the gauge of calls in flight */
#define NGX_AGENT_HELD_STREAM  0x02     /* the gauge of open streams */
#define NGX_AGENT_HELD_QUEUE   0x04     /* a place in a provider's queue */

/* Of an attempt. */
#define NGX_AGENT_HELD_PLACE   0x10     /* one of the provider's places */
#define NGX_AGENT_HELD_TICKET  0x20     /* the breaker waits for a report */
#define NGX_AGENT_HELD_BUSY    0x40     /* counted as busy at its peer */


#define NGX_AGENT_ATTEMPTS  2   /* at once: the second one is a hedge */


/* Milliseconds of ngx_current_msec; 0: not yet. */
typedef struct {
    ngx_msec_t                started;
    ngx_msec_t                first;        /* first token, or whole answer */
    ngx_msec_t                spoke;        /* last byte to the client */
    ngx_msec_t                settled;
} ngx_agent_times_t;


/* One attempt's way through the neutral form: to a provider that does not
 * speak the client's dialect. */
typedef struct {
    ag_arena_t                arena;        /* of the outbound request */
    ag_outbound_t             to;
    ag_translate_t            answer;
    ag_buf_t                  path;
    ag_buf_t                  args;
    ag_buf_t                  body;         /* the provider's request */
    ag_request_t              cut;          /* of body, where that is the
                                               client's own but for what
                                               others left in it */
    ag_buf_t                  out;          /* the client's bytes */
} ngx_agent_translation_t;


/*
 * One request to one target.  A call has one, and a second one for a hedge;
 * they are used again and again.  ngx_agent_attempt_end() gives back what one
 * held.
 */
typedef struct {
    ngx_agent_call_t         *call;
    ngx_agent_target_t       *target;
    ngx_uint_t                number;       /* of the target in its model */
    ngx_agent_peer_t         *peer;
    ngx_uint_t                key;          /* number of the provider's key */
    ngx_agent_timeout_t       timeout;
    ngx_uint_t                held;
    ag_breaker_ticket_t       ticket;
    ngx_uint_t                redials;      /* free retries of a dead
                                               kept-alive connection */

    ngx_agent_transfer_t     *transfer;     /* NULL: none was started */
    void                     *waiter;       /* for an address; curl.h's */

    ag_sse_t                  sse;
    ag_buf_t                  answer;       /* received, not yet passed on;
                                               the whole answer when there is
                                               no stream */
    size_t                    parsed;       /* bytes of it that are events to
                                               be sent */
    ngx_uint_t                malformed;    /* events in a row, left out */
    ngx_agent_translation_t  *translation;  /* NULL: none was needed yet */
    ag_error_t                refusal;      /* ours, before anybody was asked;
                                               NONE: none */
    ag_usage_t                usage;
    uint64_t                  said;         /* bytes of content that came */
    ngx_msec_t                sent;         /* it was started */
    ngx_msec_t                first;        /* first token, or whole answer */
    ngx_msec_t                heard;        /* last event of the provider */
    ag_error_class_t          error;        /* how it failed */

    unsigned                  running:1;    /* between begin and end */
    unsigned                  content:1;    /* something was said */
    unsigned                  finished:1;   /* a finish reason was seen */
    unsigned                  ended:1;      /* the answer is complete */
    unsigned                  hide_usage:1; /* the usage chunk is ours */
    unsigned                  hedge:1;      /* the second of two */
    unsigned                  repaired:1;   /* the answer was mended */
    unsigned                  lossy:1;      /* an event of it was left out */
    unsigned                  cut:1;        /* translation->cut is asked */
    unsigned                  translated:1; /* its provider speaks another
                                               dialect than the client */
    unsigned                  impatient:1;  /* the client's own timeout ended
                                               it */
    unsigned                  shortened:1;  /* we ended it, not its provider */
    unsigned                  forced:1;     /* asked though it is out of
                                               order: nobody else is left */
} ngx_agent_attempt_t;


/* The error that the client gets if nobody answers: the last useful one. */
typedef struct {
    ngx_agent_target_t       *target;
    ngx_agent_transfer_t     *transfer;     /* its headers; NULL: none */
    ngx_uint_t                status;       /* the provider's */
    ag_buf_t                  body;         /* goes out in its place if not
                                               empty */
    ag_str_t                  message;      /* what it said, sanitized */
    ag_str_t                  param;        /* what the refusal is about */
    ag_str_t                  code;         /* the provider's; empty: ours */
} ngx_agent_failure_t;


/*
 * One call from admission to settlement.  Owns its pool; every phase reads
 * and writes this and nothing else.  Fields stand under the phase that sets
 * them and are valid from that phase on.
 */
struct ngx_agent_call_s {
    ngx_pool_t               *pool;
    ngx_http_request_t       *r;            /* NULL: its client is gone */
    ngx_agent_main_conf_t    *main;
    ngx_agent_loc_conf_t     *conf;
    ngx_log_t                *log;
    ngx_agent_phase_t         phase;        /* ngx_agent_call_goto() only */
    ngx_event_t               wake;         /* posted by every waker */
    ngx_event_t               timer;        /* never cancelable, armed until
                                               the call is settled */
    ngx_uint_t                held;

    ag_endpoint_t             endpoint;     /* ADMIT; AG_ENDPOINT_MAX: a path
                                               of agent_passthrough */
    ngx_agent_model_t        *passthrough;  /* its hidden model */
    const ag_dialect_t       *client;
    ngx_str_t                 request_id;
    ngx_str_t                 path;         /* after the location, no query */
    ngx_agent_tenant_t       *tenant;
    const ngx_agent_tenant_key_t  *key;     /* NULL: known by other means */
    void                     *lookup;       /* tenants.c's: of its key */
    ngx_msec_t                patience;     /* x-agent-timeout-ms; 0: none */
    ngx_str_t                 session;      /* x-agent-session */
    ngx_str_t                 depth;        /* x-agent-depth */
    ngx_str_t                 validation;   /* x-agent-validate */

    ag_buf_t                  upload;       /* READ; a body that did not come
                                               with the headers */
    ngx_str_t                 body;         /* the whole, in upload or in the
                                               request's own buffer */
    ag_request_t              request;
    ag_neutral_t             *neutral;      /* the same in words of no dialect;
                                               NULL: nobody needed them */
    ag_arena_t                arena;        /* of neutral */
    yyjson_doc               *tree;
    ngx_str_t                 model_name;   /* as asked, cut and safe */

    ngx_agent_model_t        *model;        /* LOOKUP */
    ngx_str_t                *routed;       /* "route" led there; NULL: it did
                                               not */
    ag_str_t                  asked;        /* the model's name, before "route"
                                               led to another one */
    ngx_agent_cached_t       *cached;       /* NULL: there is no cache for
                                               it */
    ngx_agent_limits_t       *limits;       /* LIMIT; NULL: it has none */
    ag_cut_t                 *cutting;      /* NULL: its stream is not cut */
    uint64_t                  cost;         /* nano-USD, when it is settled */

    ag_chain_conf_t           plan;         /* ROUTE */
    ag_chain_t                chain;
    ag_validate_rule_t        validate;
    ngx_msec_t                route_at;     /* not before; 0: at once */
    ngx_msec_t                queued_at;    /* waits for a place since */
    ngx_uint_t                ticket;       /* in the order of all workers */
    ngx_queue_t               queue;        /* in provider->waiting */
    ngx_agent_provider_t     *queued;       /* whose; NULL: in none */

    ngx_agent_attempt_t       first;        /* SEND */
    ngx_agent_attempt_t      *attempts[NGX_AGENT_ATTEMPTS];     /* the first,
                                               and NULL before there was a
                                               hedge */
    ngx_agent_attempt_t      *attempt;      /* the one that runs, or the
                                               winner */
    ngx_uint_t                hedges;       /* started */

    ngx_agent_target_t       *target;       /* RECEIVE; whose answer the client
                                               gets, or was asked last */
    ngx_agent_transfer_t     *transfer;     /* the same; NULL: none */
    ngx_uint_t                provider_status;
    ngx_agent_failure_t       failure;
    ag_usage_t                usage;
    ag_usage_t                lost;         /* of an attempt that lost */
    ngx_uint_t                losers;       /* of which none is known */

    ag_buf_t                  page;         /* an answer of our own making */
    ag_buf_t                  sending;      /* what nginx's filters read */
    ngx_buf_t                 out;
    ngx_chain_t               link;

    ag_error_t                error;        /* class NONE: none */
    ag_error_class_t          parted;       /* what its own client was told
                                               while others wait on */
    ngx_agent_times_t         at;

    unsigned                  controls:1;   /* cache-control is there */
    unsigned                  forwards:1;   /* a header that providers of its
                                               dialect see is there */
    unsigned                  reading:1;    /* the body was asked for */
    unsigned                  streaming:1;  /* the client asked for SSE */
    unsigned                  raw:1;        /* neither body nor answer is read:
                                               agent_passthrough */
    unsigned                  estimated:1;  /* "page" is the answer: a number
                                               that no provider was asked for */
    unsigned                  validating:1; /* the answer will be looked at */
    unsigned                  prepared:1;   /* ROUTE has begun */
    unsigned                  stopped:1;    /* its session was */
    unsigned                  gone:1;       /* its client is; others wait for
                                               what it gets */
    unsigned                  background:1; /* it never had one */
    unsigned                  priced:1;     /* "cost" is known */
    unsigned                  saturated:1;  /* waited in vain for a place */
    unsigned                  blocked:1;    /* the client reads slowly */
    unsigned                  committed:1;  /* content goes out: no fallback */
    unsigned                  opened:1;     /* headers went out */
    unsigned                  ended:1;      /* the answer is complete */
    unsigned                  last:1;       /* nginx knows that it is */
    unsigned                  settled:1;
};


/* call: ngx_agent_call.c */

/* agent_gateway's content handler. */
ngx_int_t ngx_agent_call_handler(ngx_http_request_t *r);

/* A call that is run when its event is posted; NULL: no memory. */
ngx_agent_call_t *ngx_agent_call_create(ngx_http_request_t *r);

/* The call of a request, settled or not; NULL: not ours. */
ngx_agent_call_t *ngx_agent_call_of(ngx_http_request_t *r);

/* Frees the pools of ended calls: exit_process. */
void ngx_agent_call_exit_process(ngx_agent_main_conf_t *amcf);

/* The only place that changes the phase. */
void ngx_agent_call_goto(ngx_agent_call_t *call, ngx_agent_phase_t phase);

/* Sets the error and goes to REPLY; NGX_OK, so that it can be returned. */
ngx_int_t ngx_agent_call_fail(ngx_agent_call_t *call, ag_error_class_t class);

/* Arms the call's timer so that it is woken at or before "at". */
void ngx_agent_call_wake_at(ngx_agent_call_t *call, ngx_msec_t at);

/* The phases: NGX_OK: the phase was changed, run on; NGX_AGAIN: somebody
 * will post call->wake; NGX_ERROR: our own failure; NGX_DONE: the call is
 * gone. */
ngx_int_t ngx_agent_call_admit(ngx_agent_call_t *call);     /* _admit.c */
ngx_int_t ngx_agent_call_read(ngx_agent_call_t *call);      /* _read.c */
ngx_int_t ngx_agent_call_lookup(ngx_agent_call_t *call);    /* _cache.c */
ngx_int_t ngx_agent_call_limit(ngx_agent_call_t *call);     /* _limit.c */
ngx_int_t ngx_agent_call_join(ngx_agent_call_t *call);      /* _join.c */
ngx_int_t ngx_agent_call_route(ngx_agent_call_t *call);     /* _route.c */
ngx_int_t ngx_agent_call_send(ngx_agent_call_t *call);      /* _attempt.c */
ngx_int_t ngx_agent_call_receive(ngx_agent_call_t *call);   /* _receive.c */
ngx_int_t ngx_agent_call_reply(ngx_agent_call_t *call);     /* _reply.c */
ngx_int_t ngx_agent_call_settled(ngx_agent_call_t *call);   /* _call.c */
ngx_int_t ngx_agent_call_done(ngx_agent_call_t *call);

/* cut: ngx_agent_cut.c */

/* Once, before a call is routed. */
ngx_int_t ngx_agent_cut_init(ngx_agent_call_t *call);

/* Ends a stream that has passed its reservation: attempt->ended.  NGX_OK,
 * NGX_ERROR. */
ngx_int_t ngx_agent_cut(ngx_agent_attempt_t *attempt);

/* who: ngx_agent_who.c: whose call it is, and whether it may come from
 * there.  NGX_OK; NGX_AGAIN: the key is being looked up; NGX_DECLINED:
 * call->error; NGX_ERROR. */
ngx_int_t ngx_agent_who(ngx_agent_call_t *call, ngx_str_t *key);

/* model: ngx_agent_model.c: which model is meant, and whether the tenant may
 * ask it that.  NGX_OK; NGX_DECLINED: call->error; NGX_ERROR. */
ngx_int_t ngx_agent_model_find(ngx_agent_call_t *call);

/* The model's name as the target's provider knows it, for people. */
ngx_str_t *ngx_agent_model_told(ngx_agent_call_t *call);

/* limit: ngx_agent_limit.c */

/* settle: ngx_agent_settle.c: what was reserved becomes what was used; places
 * are given back. */
void ngx_agent_settle(ngx_agent_call_t *call);

/* What the call costs as things stand, nano-USD.  NGX_OK; NGX_DECLINED: its
 * target has no price. */
ngx_int_t ngx_agent_settle_cost(ngx_agent_call_t *call, uint64_t *cost);

/* A call that was to get another one's answer asks for itself: what was taken
 * for it is given back, but for its request. */
void ngx_agent_settle_cheap(ngx_agent_call_t *call);

/* Headers of what is left; of a refusal its name. */
ngx_int_t ngx_agent_limit_headers(ngx_agent_call_t *call);

/* GET /v1/usage. */
ngx_int_t ngx_agent_usage_write(ngx_agent_call_t *call, ag_buf_t *out);

/* route: ngx_agent_route.c */

/* A second attempt beside the running one, if there is somebody to ask:
 * NGX_OK: "attempt" has a target, NGX_DECLINED: it has none. */
ngx_int_t ngx_agent_route_hedge(ngx_agent_call_t *call,
    ngx_agent_attempt_t *attempt, ngx_agent_attempt_t *running);

/* Milliseconds of the call so far. */
ngx_msec_t ngx_agent_route_elapsed(ngx_agent_call_t *call);

/* NGX_OK: the time has come; NGX_AGAIN: the call will be waked; NGX_ERROR:
 * its client is gone. */
ngx_int_t ngx_agent_route_wait(ngx_agent_call_t *call, ngx_msec_t at);

/* queue: ngx_agent_queue.c */

/* Has the provider no place for this call?  Who waits goes first. */
ngx_uint_t ngx_agent_queue_full(ngx_agent_call_t *call,
    ngx_agent_provider_t *provider);

/* Waits for a place at the targets of the set (bits).  NGX_AGAIN: waits;
 * NGX_ERROR: its client is gone; NGX_DECLINED: it may not wait, or has waited
 * long enough. */
ngx_int_t ngx_agent_queue_wait(ngx_agent_call_t *call, uint32_t set);

/* There may be a place for the first that waits. */
void ngx_agent_queue_wake(ngx_agent_provider_t *provider);

/* Leaves the queue of a provider. */
void ngx_agent_queue_leave(ngx_agent_call_t *call);

/* Makes it: the first one's memory, or NULL for a second one from the pool.
 * NULL: no memory. */
ngx_agent_attempt_t *ngx_agent_attempt_create(ngx_agent_call_t *call,
    ngx_agent_attempt_t *memory);

/* choose: ngx_agent_choose.c */

/* One target of the set (bits), one of its peers and one of its keys; begins
 * the attempt there.  "avoid" (may be NULL) is a peer that is taken only if
 * there is no other.  NGX_OK, or NGX_BUSY: none admits it any more. */
ngx_int_t ngx_agent_choose(ngx_agent_call_t *call,
    ngx_agent_attempt_t *attempt, uint32_t set, ngx_uint_t force,
    ngx_agent_peer_t *avoid);

/* peer: ngx_agent_peer.c */

/* May the peer be asked, and with which keys (a bit set)? */
ag_target_state_t ngx_agent_peer_state(ngx_agent_call_t *call,
    ngx_agent_provider_t *provider, ngx_agent_peer_t *peer);
uint32_t ngx_agent_peer_keys(ngx_agent_provider_t *provider,
    ngx_agent_peer_t *peer);

/* Has the health check, if there is one, taken it out? */
ngx_uint_t ngx_agent_peer_is_sick(ngx_agent_provider_t *provider,
    ngx_agent_peer_t *peer);

/* After a failure: is its target ready at another replica? */
ngx_uint_t ngx_agent_peer_elsewhere(ngx_agent_attempt_t *attempt);

/* Will a replica of its target be admitted in "wait" ms, as things stand? */
ngx_uint_t ngx_agent_peer_returns(ngx_agent_attempt_t *attempt,
    ngx_msec_t wait);

/* Tells the log and the metrics what the attempt made its breaker do. */
void ngx_agent_peer_changed(ngx_agent_attempt_t *attempt,
    ag_breaker_change_t change);

/* attempt: ngx_agent_attempt.c, ngx_agent_failure.c */

/* Starts an attempt that has a target, or goes on with it: NGX_OK: it runs,
 * NGX_AGAIN: it waits for an address, NGX_DECLINED: attempt->error,
 * NGX_ERROR. */
ngx_int_t ngx_agent_attempt_start(ngx_agent_attempt_t *attempt);

/* When it gives up waiting for an address, ms. */
ngx_msec_t ngx_agent_attempt_resolve_by(ngx_agent_attempt_t *attempt);

/* Reports it: "class" NONE: it answered; CLIENT_GONE: it was cancelled.
 * Gives back what it holds and stops it unless it answered. */
void ngx_agent_attempt_end(ngx_agent_attempt_t *attempt,
    ag_error_class_t class);

/* Content goes to the client: a probe has succeeded. */
void ngx_agent_attempt_commit(ngx_agent_attempt_t *attempt);

/* Sets attempt->error; NGX_DECLINED, so that it can be returned. */
ngx_int_t ngx_agent_attempt_decline(ngx_agent_attempt_t *attempt,
    ag_error_class_t class);

/* It failed and has ended: on to ROUTE or REPLY, as ag_chain says, unless
 * another one runs. */
ngx_int_t ngx_agent_attempt_failed(ngx_agent_attempt_t *attempt);

/* Nobody is left: the last useful error is the answer. */
ngx_int_t ngx_agent_attempt_give_up(ngx_agent_call_t *call);

/* receive: ngx_agent_receive.c: waits for the next event or deadline. */
ngx_int_t ngx_agent_receive_wait(ngx_agent_call_t *call);

/* stream: ngx_agent_stream.c */

/* Before the commit: NGX_OK: it may be sent, NGX_AGAIN, NGX_DECLINED,
 * NGX_ERROR. */
ngx_int_t ngx_agent_stream_begun(ngx_agent_attempt_t *attempt);

/* After it, as a phase. */
ngx_int_t ngx_agent_stream_rest(ngx_agent_call_t *call);

/* Too late for anybody else: what it has used counts, and the error. */
ngx_int_t ngx_agent_stream_cut(ngx_agent_call_t *call);

/* hedge: ngx_agent_hedge.c */

/* When a second attempt starts, ms; 0: never. */
ngx_msec_t ngx_agent_hedge_at(ngx_agent_call_t *call);

/* Starts it, if the model's share allows it and there is somebody; as a
 * phase. */
ngx_int_t ngx_agent_hedge_start(ngx_agent_call_t *call);

/* passthrough: ngx_agent_passthrough.c */

/* Is the path one of the location's?  NGX_OK, or the class of the refusal. */
ngx_int_t ngx_agent_passthrough_find(ngx_agent_call_t *call);

/* The path for the provider, with a slash in front. */
ngx_int_t ngx_agent_passthrough_path(ngx_agent_call_t *call, ngx_str_t *path);

/* Is it a page of our own, which no provider is asked for? */
#define ngx_agent_call_lists(call)                                            \
    ((call)->endpoint >= AG_ENDPOINT_MODELS                                   \
     && (call)->endpoint < AG_ENDPOINT_MAX)

/* translate: ngx_agent_translate.c */

/* Does the provider serve the call's endpoint as it is?  By translation? */
ngx_uint_t ngx_agent_translate_native(ngx_agent_provider_t *provider,
    ag_endpoint_t endpoint);
ngx_uint_t ngx_agent_translate_serves(ngx_agent_provider_t *provider,
    ag_endpoint_t endpoint);

/* Reads the client's request into call->neutral, once: AG_OK, or what
 * ag_translate_request() says. */
int ngx_agent_translate_read(ngx_agent_call_t *call, ag_error_t *error);

/* Answers a call that nobody else can: tokens are estimated.  As a phase. */
ngx_int_t ngx_agent_translate_count(ngx_agent_call_t *call);

/* What the provider is asked: path, query and body.  NGX_OK, NGX_DECLINED:
 * attempt->refusal, NGX_ERROR. */
ngx_int_t ngx_agent_translate_request(ngx_agent_attempt_t *attempt);

/* A whole answer; it takes the place of the one that came.  NGX_OK: *answer
 * says what it was; NGX_ERROR. */
ngx_int_t ngx_agent_translate_answer(ngx_agent_attempt_t *attempt,
    ag_answer_t *answer);

/* The last event of a stream that broke, into translation->out. */
ngx_int_t ngx_agent_translate_failure(ngx_agent_attempt_t *attempt);

/* Frees what a call has of all this. */
void ngx_agent_translate_end(ngx_agent_call_t *call);

/* validate: ngx_agent_validate.c: NGX_OK: valid, maybe mended; NGX_DECLINED:
 * attempt->error; NGX_ERROR. */
ngx_int_t ngx_agent_validate_whole(ngx_agent_attempt_t *attempt);
ngx_int_t ngx_agent_validate_stream(ngx_agent_attempt_t *attempt);

/* shed: ngx_agent_shed.c */

/* Watches the event loop and the memory, if it is configured. */
ngx_int_t ngx_agent_shed_init_process(ngx_cycle_t *cycle,
    ngx_agent_main_conf_t *amcf);

/* Is there too much to do for a new call? */
ngx_uint_t ngx_agent_shed(ngx_agent_main_conf_t *amcf);

/* health: ngx_agent_health.c: asks the replicas, if it is configured. */
ngx_int_t ngx_agent_health_init_process(ngx_cycle_t *cycle,
    ngx_agent_main_conf_t *amcf);
void ngx_agent_health_exit_process(ngx_agent_main_conf_t *amcf);

/* forward: ngx_agent_forward.c: the client's headers that a provider may
 * see. */
ngx_int_t ngx_agent_forward_headers(ngx_agent_attempt_t *attempt,
    ngx_array_t **lines);

/* reply: ngx_agent_reply.c */

/* A whole answer, status 200; "body" lives as long as the call. */
ngx_int_t ngx_agent_reply_whole(ngx_agent_call_t *call, ag_buf_t *body);

/* Sends the headers of a stream; "transfer" may not have answered yet. */
ngx_int_t ngx_agent_reply_open(ngx_agent_call_t *call);

/* Its own client has waited long enough, others have not: it is told so, and
 * the call goes on without it. */
void ngx_agent_reply_late(ngx_agent_call_t *call);

/* Hands "sending" to nginx.  NGX_AGAIN: the client reads slowly, the call is
 * woken when it has; NGX_ERROR: it is gone. */
ngx_int_t ngx_agent_reply_write(ngx_agent_call_t *call, ngx_uint_t last);

/* What is left of an earlier write.  Returns as above. */
ngx_int_t ngx_agent_reply_flush(ngx_agent_call_t *call);

/* A silent stream's sign of life, if it is time; "transfer" may not have
 * answered yet.  NGX_ERROR: the client is gone. */
ngx_int_t ngx_agent_reply_heartbeat(ngx_agent_call_t *call);

/* When the next one is due; 0: never. */
ngx_msec_t ngx_agent_reply_heartbeat_at(ngx_agent_call_t *call);

/* headers: ngx_agent_header.c */

/* Those of every answer: ids, provider, model, attempts. */
ngx_int_t ngx_agent_header_answer(ngx_agent_call_t *call);

/* Those of an error: when to try again, and whether. */
ngx_int_t ngx_agent_header_error(ngx_agent_call_t *call);

/* Adds one; "name" is a constant, "value" lives as long as the call. */
ngx_int_t ngx_agent_header_add(ngx_agent_call_t *call, const char *name,
    ngx_str_t *value);

/* models: ngx_agent_models.c: GET /v1/models and /v1/models/ID. */
ngx_int_t ngx_agent_models_write(ngx_agent_call_t *call, ag_buf_t *out);


#endif /* _NGX_AGENT_CALL_H_INCLUDED_ */
