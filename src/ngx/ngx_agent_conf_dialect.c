/*
 * Copyright (C) ngx_agent authors
 *
 * What a provider speaks, how it differs from those that speak the same, and
 * what is known of its models.
 */


#include "ngx/ngx_agent_conf.h"


static void ngx_agent_conf_facts_free(void *data);


static const ngx_agent_option_t  ngx_agent_dialect_options[] = {

    { ngx_string("api_version"), NGX_AGENT_STRING,
      offsetof(ngx_agent_provider_t, api_version), 0, 0, NULL },

    { ngx_null_string, 0, 0, 0, 0, NULL }
};


char *
ngx_agent_conf_dialect(ngx_conf_t *cf, const ngx_agent_row_t *row, void *conf)
{
    ngx_agent_provider_t *provider = conf;

    ngx_str_t  *value;

    value = cf->args->elts;

    provider->dialect = ag_dialect_find(ngx_agent_str(&value[1]));

    if (provider->dialect == NULL) {
        return ngx_agent_conf_error(cf, NULL,
                                    "invalid value \"%V\" of \"dialect\": "
                                    "allowed are %s", &value[1],
                                    ag_dialect_names());
    }

    if (ngx_agent_conf_options(cf, 2, ngx_agent_dialect_options, provider, 1)
        != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    if (provider->api_version.len != 0 && provider->dialect != &ag_azure) {
        return ngx_agent_conf_error(cf, NULL,
                                    "\"api_version\" is for dialect "
                                    "\"azure\" alone");
    }

    return NGX_CONF_OK;
}


char *
ngx_agent_conf_quirks(ngx_conf_t *cf, const ngx_agent_row_t *row, void *conf)
{
    ngx_agent_provider_t *provider = conf;

    ngx_str_t  *value;

    value = cf->args->elts;

    provider->quirks = ag_quirks_find(ngx_agent_str(&value[1]));

    if (provider->quirks == NULL) {
        return ngx_agent_conf_error(cf, NULL,
                                    "invalid value \"%V\" of \"quirks\": "
                                    "allowed are %s", &value[1],
                                    ag_quirks_names());
    }

    return NGX_CONF_OK;
}


/* What is not said, the host of the first url says. */

char *
ngx_agent_conf_dialect_end(ngx_conf_t *cf, ngx_agent_provider_t *provider)
{
    ag_str_t              host;
    ngx_agent_replica_t  *replica;

    if (provider->quirks == NULL) {
        replica = provider->replicas.elts;
        host = (provider->dialect == &ag_openai)
               ? ngx_agent_str(&replica->url.host) : ag_str("", 0);

        provider->quirks = ag_quirks_of_host(host);

        return NGX_CONF_OK;
    }

    if (provider->dialect != &ag_openai) {
        return ngx_agent_conf_error(cf, &provider->place,
                                    "provider \"%V\" has \"quirks\" and "
                                    "dialect \"%s\": \"quirks\" are for "
                                    "dialect \"openai\" alone",
                                    &provider->name,
                                    provider->dialect->name);
    }

    return NGX_CONF_OK;
}


/* ---- agent_model_facts ---- */


char *
ngx_agent_conf_facts(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_agent_main_conf_t *amcf = conf;

    int                  rc;
    char                 error[256];
    u_char              *buf;
    ssize_t              n;
    ngx_str_t           *value;
    ngx_pool_cleanup_t  *cleanup;

    if (amcf->facts.arena != NULL) {
        return "is duplicate";
    }

    value = cf->args->elts;
    cleanup = ngx_pool_cleanup_add(cf->pool, 0);
    buf = ngx_pnalloc(cf->temp_pool, AG_FACTS_FILE_MAX + 1);

    if (cleanup == NULL || buf == NULL
        || ngx_conf_full_name(cf->cycle, &value[1], 1) != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    ag_arena_init(&amcf->facts_arena, AG_TRANSLATE_ARENA_MAX);
    cleanup->handler = ngx_agent_conf_facts_free;
    cleanup->data = &amcf->facts_arena;

    n = ngx_agent_conf_file(cf, "agent_model_facts", &value[1], buf,
                            AG_FACTS_FILE_MAX);
    if (n < 0) {
        return NGX_CONF_ERROR;
    }

    error[0] = '\0';

    rc = ag_facts_read(&amcf->facts, &amcf->facts_arena, ag_str(buf, n),
                       error, sizeof(error));

    if (rc == AG_OK) {
        return NGX_CONF_OK;
    }

    return ngx_agent_conf_error(cf, NULL, "\"agent_model_facts\" file \"%V\": "
                                "%s", &value[1],
                                error[0] ? error : "too large");
}


static void
ngx_agent_conf_facts_free(void *data)
{
    ag_arena_free(data);
}
