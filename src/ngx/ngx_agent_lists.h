/*
 * Copyright (C) ngx_agent authors
 *
 * Two of the four lists: the phases of a call and the variables.  (Metrics
 * and errors stand in core.)  Rows only; code and documentation are made
 * from them.
 */


#ifndef _NGX_AGENT_LISTS_H_INCLUDED_
#define _NGX_AGENT_LISTS_H_INCLUDED_


/* X(id, name, function, allowed next phases as a bit set) */
#define AG_PHASES(X)                                                          \
    X(ADMIT,   "admit",   ngx_agent_call_admit,                               \
      AG_PHASE(READ) | AG_PHASE(REPLY))                                       \
    X(READ,    "read",    ngx_agent_call_read,                                \
      AG_PHASE(LOOKUP) | AG_PHASE(REPLY))                                     \
    X(LOOKUP,  "lookup",  ngx_agent_call_lookup,                              \
      AG_PHASE(LIMIT) | AG_PHASE(REPLY))                                      \
    X(LIMIT,   "limit",   ngx_agent_call_limit,                               \
      AG_PHASE(JOIN) | AG_PHASE(ROUTE) | AG_PHASE(REPLY))                     \
    X(JOIN,    "join",    ngx_agent_call_join,                                \
      AG_PHASE(LIMIT) | AG_PHASE(ROUTE) | AG_PHASE(REPLY))                    \
    X(ROUTE,   "route",   ngx_agent_call_route,                               \
      AG_PHASE(SEND) | AG_PHASE(REPLY))                                       \
    X(SEND,    "send",    ngx_agent_call_send,                                \
      AG_PHASE(RECEIVE) | AG_PHASE(ROUTE) | AG_PHASE(REPLY))                  \
    X(RECEIVE, "receive", ngx_agent_call_receive,                             \
      AG_PHASE(SEND) | AG_PHASE(ROUTE) | AG_PHASE(REPLY))                     \
    X(REPLY,   "reply",   ngx_agent_call_reply, AG_PHASE(SETTLE))             \
    X(SETTLE,  "settle",  ngx_agent_call_settled, AG_PHASE(DONE))             \
    X(DONE,    "done",    ngx_agent_call_done, 0)


/* X(name without $agent_, what it holds, help) */
#define AG_VARIABLES(X)                                                       \
    X(request_id, REQUEST_ID, "The call's id, as in x-request-id.")           \
    X(tenant, TENANT, "Name of the tenant that calls.")                       \
    X(key, KEY, "Name of the tenant's key, where \"keys FILE\" gives one.")   \
    X(session, SESSION, "The agent's session: x-agent-session, or what "      \
      "\"session_id=\" gives.")                                               \
    X(model, MODEL, "The model's name as the client asked for it, cut to "    \
      "64 bytes.")                                                            \
    X(provider, PROVIDER, "Name of the provider that was asked last.")        \
    X(target_model, TARGET_MODEL, "The model's name as the provider knows "   \
      "it.")                                                                  \
    X(attempts, ATTEMPTS, "Requests that were sent to providers.")            \
    X(status, PROVIDER_STATUS, "HTTP status of the provider's answer.")       \
    X(stream, STREAM, "1 if the client asked for a stream, else 0.")          \
    X(prompt_tokens, PROMPT_TOKENS, "Input tokens as the provider "           \
      "reported.")                                                            \
    X(completion_tokens, COMPLETION_TOKENS, "Output tokens as the provider "  \
      "reported.")                                                            \
    X(cached_tokens, CACHED_TOKENS, "Input tokens that the provider read "    \
      "from its cache.")                                                      \
    X(cost, COST, "USD that the call cost, as its model is priced; nine "     \
      "digits behind the point.")                                             \
    X(admitted, ADMITTED, "Microseconds of the machine's monotonic clock "    \
      "when the call's limits were taken.")                                   \
    X(limit, LIMIT, "Name of the limit that refused the call, or, of a "      \
      "dry run, would have.")                                                 \
    X(cache, CACHE, "What the cache did: hit, stale, joined, miss or bypass; " \
      "empty where there is none for the call.")                              \
    X(time_to_first_token, TIME_TO_FIRST_TOKEN, "Seconds until the first "    \
      "token of a stream, or until the whole answer.")                        \
    X(time, TIME, "Seconds from the request's headers to settlement.")        \
    X(error, ERROR, "Class of the error, empty if none; see the error "       \
      "table.")


#endif /* _NGX_AGENT_LISTS_H_INCLUDED_ */
