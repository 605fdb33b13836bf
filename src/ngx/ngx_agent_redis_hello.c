/*
 * Copyright (C) ngx_agent authors
 *
 * What a new connection to Redis says first, all of it in one write: who we
 * are, which database, what it is (a cluster's node or a sentinel is not
 * served), whether it takes writes, and the scripts.  Queries may follow at
 * once: they are given up with the connection if an answer is wrong.
 */


#include "ngx/ngx_agent_redis_parts.h"


#define NGX_AGENT_REDIS_PROBE_KEY  ":probe"
#define NGX_AGENT_REDIS_PROBE_MS   "1000"


static ngx_int_t ngx_agent_redis_hello_first(ngx_agent_redis_link_t *link);
static ngx_int_t ngx_agent_redis_hello_probe(ngx_agent_redis_link_t *link);
static ngx_int_t ngx_agent_redis_hello_scripts(ngx_agent_redis_link_t *link);
static ngx_int_t ngx_agent_redis_heard_info(ngx_agent_redis_link_t *link);
static ngx_int_t ngx_agent_redis_heard_error(ngx_agent_redis_link_t *link,
    ngx_agent_redis_step_t step);


ngx_int_t
ngx_agent_redis_hello(ngx_agent_redis_link_t *link)
{
    if (ngx_agent_redis_hello_first(link) != NGX_OK
        || ngx_agent_redis_hello_probe(link) != NGX_OK
        || ngx_agent_redis_hello_scripts(link) != NGX_OK)
    {
        return ngx_agent_redis_because(link, "no memory");
    }

    return NGX_OK;
}


static ngx_int_t
ngx_agent_redis_hello_first(ngx_agent_redis_link_t *link)
{
    unsigned                  n;
    u_char                    number[NGX_INT_T_LEN];
    ag_str_t                  words[3];
    ngx_agent_redis_conf_t   *conf;

    conf = link->conf;

    if (conf->password.len) {
        n = 0;
        words[n++] = ag_str("AUTH", 4);

        if (conf->user.len) {
            words[n++] = ngx_agent_str(&conf->user);
        }

        words[n++] = ngx_agent_str(&conf->password);

        if (ngx_agent_redis_tell(link, NGX_AGENT_REDIS_AUTH, words, n)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    if (conf->database) {
        words[0] = ag_str("SELECT", 6);
        words[1] = ag_str(number, ngx_sprintf(number, "%ui", conf->database)
                                  - number);

        if (ngx_agent_redis_tell(link, NGX_AGENT_REDIS_SELECT, words, 2)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    words[0] = ag_str("INFO", 4);
    words[1] = ag_str("server", 6);

    return ngx_agent_redis_tell(link, NGX_AGENT_REDIS_INFO, words, 2);
}


/* A replica, or one that is full, answers everything but this. */

static ngx_int_t
ngx_agent_redis_hello_probe(ngx_agent_redis_link_t *link)
{
    u_char     key[AG_REDIS_PREFIX_MAX + sizeof(NGX_AGENT_REDIS_PROBE_KEY)];
    u_char    *p;
    ag_str_t   words[5];

    p = ngx_slprintf(key, key + sizeof(key), "%V" NGX_AGENT_REDIS_PROBE_KEY,
                     &link->conf->prefix);

    words[0] = ag_str("SET", 3);
    words[1] = ag_str(key, p - key);
    words[2] = ag_str("1", 1);
    words[3] = ag_str("PX", 2);
    words[4] = ag_str(NGX_AGENT_REDIS_PROBE_MS,
                      sizeof(NGX_AGENT_REDIS_PROBE_MS) - 1);

    return ngx_agent_redis_tell(link, NGX_AGENT_REDIS_PROBE, words, 5);
}


static ngx_int_t
ngx_agent_redis_hello_scripts(ngx_agent_redis_link_t *link)
{
    ag_str_t           words[3];
    const char        *text;
    ag_redis_script_t  script;

    words[0] = ag_str("SCRIPT", 6);
    words[1] = ag_str("LOAD", 4);

    for (script = 0; script < AG_REDIS_SCRIPTS; script++) {
        text = ag_redis_script(script);
        words[2] = ag_str(text, ngx_strlen(text));

        if (ngx_agent_redis_tell(link, NGX_AGENT_REDIS_LOAD, words, 3)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


ngx_int_t
ngx_agent_redis_heard(ngx_agent_redis_link_t *link,
    ngx_agent_redis_step_t step)
{
    if (link->count == 1 && link->values[0].kind == AG_REDIS_ERROR
        && ngx_agent_redis_heard_error(link, step) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (step == NGX_AGENT_REDIS_INFO) {
        return ngx_agent_redis_heard_info(link);
    }

    if (step == NGX_AGENT_REDIS_PROBE) {
        ngx_agent_redis_ready(link);
    }

    return NGX_OK;
}


static ngx_int_t
ngx_agent_redis_heard_info(ngx_agent_redis_link_t *link)
{
    u_char  *text;
    size_t   len;

    if (link->count != 1 || link->values[0].kind != AG_REDIS_TEXT) {
        return NGX_OK;
    }

    text = (u_char *) link->values[0].text.data;
    len = link->values[0].text.len;

    if (ngx_strnstr(text, "redis_mode:cluster", len) != NULL) {
        return ngx_agent_redis_refuse(link, "it is a node of a Redis Cluster, "
                                            "which is not supported");
    }

    if (ngx_strnstr(text, "redis_mode:sentinel", len) != NULL) {
        return ngx_agent_redis_refuse(link, "it is a Redis Sentinel, which is "
                                            "not supported: name the master");
    }

    return NGX_OK;
}


/*
 * Of an error nothing but its code is repeated: some repeat the words of the
 * command, and the password is one.  What an access list forbids here it may
 * allow where it matters.
 */

static ngx_int_t
ngx_agent_redis_heard_error(ngx_agent_redis_link_t *link,
    ngx_agent_redis_step_t step)
{
    ag_str_t           code;
    ag_redis_error_t   error;

    code = ngx_agent_redis_code(link->values[0].text);
    error = ag_redis_classify(link->values[0].text);

    if (step == NGX_AGENT_REDIS_LOAD) {
        return NGX_OK;          /* the script will go with its query */
    }

    if (step == NGX_AGENT_REDIS_SELECT) {
        return ngx_agent_redis_refuse(link, "it refuses the database: %*s",
                                      code.len, code.data);
    }

    if (step == NGX_AGENT_REDIS_AUTH && error != AG_REDIS_E_BUSY) {
        return ngx_agent_redis_refuse(link, "it refuses the password or the "
                                            "user: %*s", code.len, code.data);
    }

    if (error == AG_REDIS_E_AUTH && !ag_str_is(code, "NOPERM")) {
        return ngx_agent_redis_refuse(link, "it wants another password or "
                                            "user: %*s", code.len, code.data);
    }

    if (error == AG_REDIS_E_CLUSTER) {
        return ngx_agent_redis_refuse(link, "it is a node of a Redis Cluster, "
                                            "which is not supported: %*s",
                                      code.len, code.data);
    }

    if (error == AG_REDIS_E_BUSY) {
        return ngx_agent_redis_because(link, "it answers %*s", code.len,
                                       code.data);
    }

    return NGX_OK;
}
