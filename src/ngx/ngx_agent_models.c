/*
 * Copyright (C) ngx_agent authors
 *
 * GET /v1/models and /v1/models/ID: what the caller's tenant may use, by
 * exact name or alias, in OpenAI's shape or, when the client sends
 * anthropic-version, in Anthropic's.
 */


#include "ngx/ngx_agent.h"


static ngx_uint_t ngx_agent_models_usable(ngx_agent_call_t *call,
    ngx_agent_model_t *model, ngx_str_t *name);
static int ngx_agent_models_item(ngx_agent_call_t *call, ag_buf_t *out,
    ngx_agent_model_t *model, ngx_str_t *name, ngx_uint_t anthropic);
static ngx_int_t ngx_agent_models_one(ngx_agent_call_t *call, ag_buf_t *out,
    ngx_uint_t anthropic);
static ngx_int_t ngx_agent_models_all(ngx_agent_call_t *call, ag_buf_t *out,
    ngx_uint_t anthropic);
static int ngx_agent_models_edges(ag_buf_t *out, ngx_str_t *first,
    ngx_str_t *last);


#define ngx_agent_models_is_pattern(name)                                     \
    ((name)->data[(name)->len - 1] == '*')


/* NGX_DECLINED: no such model for this tenant. */
ngx_int_t
ngx_agent_models_write(ngx_agent_call_t *call, ag_buf_t *out)
{
    ngx_uint_t  anthropic;

    anthropic = (call->client == &ag_anthropic);

    return call->endpoint == AG_ENDPOINT_MODEL
           ? ngx_agent_models_one(call, out, anthropic)
           : ngx_agent_models_all(call, out, anthropic);
}


static ngx_int_t
ngx_agent_models_one(ngx_agent_call_t *call, ag_buf_t *out,
    ngx_uint_t anthropic)
{
    ngx_str_t           name;
    ngx_agent_model_t  *model;

    name.data = call->path.data + sizeof("models/") - 1;
    name.len = call->path.len - (sizeof("models/") - 1);

    model = ngx_agent_conf_model(call->main, &name);

    if (model == NULL || !ngx_agent_models_usable(call, model, &name)) {
        return NGX_DECLINED;
    }

    return ngx_agent_models_item(call, out, model, &name, anthropic) == AG_OK
           ? NGX_OK : NGX_ERROR;
}


static ngx_int_t
ngx_agent_models_all(ngx_agent_call_t *call, ag_buf_t *out,
    ngx_uint_t anthropic)
{
    int                  rc;
    ngx_str_t           *names, *first, *last;
    ngx_uint_t           i, n;
    ngx_agent_model_t  **models;

    first = NULL;
    last = NULL;
    models = call->main->models.elts;

    rc = ag_buf_add_string(out, anthropic ? "{\"data\":["
                                          : "{\"object\":\"list\",\"data\":[");

    for (i = 0; i < call->main->models.nelts; i++) {
        names = models[i]->names.elts;

        for (n = 0; n < models[i]->names.nelts; n++) {

            if (ngx_agent_models_is_pattern(&names[n])
                || !ngx_agent_models_usable(call, models[i], &names[n]))
            {
                continue;
            }

            if (last != NULL) {
                rc |= ag_buf_add_string(out, ",");
            }

            first = first ? first : &names[n];
            last = &names[n];

            rc |= ngx_agent_models_item(call, out, models[i], &names[n],
                                        anthropic);
        }
    }

    rc |= ag_buf_add_string(out, "]");

    if (anthropic) {
        rc |= ngx_agent_models_edges(out, first, last);
    }

    rc |= ag_buf_add_string(out, "}");

    return rc == AG_OK ? NGX_OK : NGX_ERROR;
}


static int
ngx_agent_models_edges(ag_buf_t *out, ngx_str_t *first, ngx_str_t *last)
{
    int  rc;

    rc = ag_buf_add_string(out, ",\"has_more\":false");

    if (first == NULL) {
        return rc | ag_buf_add_string(out, ",\"first_id\":null,"
                                           "\"last_id\":null");
    }

    rc |= ag_buf_add_string(out, ",\"first_id\":\"");
    rc |= ag_buf_add_json(out, ngx_agent_str(first));
    rc |= ag_buf_add_string(out, "\",\"last_id\":\"");
    rc |= ag_buf_add_json(out, ngx_agent_str(last));
    rc |= ag_buf_add_string(out, "\"");

    return rc;
}


/*
 * "created" is when the operator named the model here, which nobody keeps:
 * a constant, so that a list is the same on every worker and node.
 */
static int
ngx_agent_models_item(ngx_agent_call_t *call, ag_buf_t *out,
    ngx_agent_model_t *model, ngx_str_t *name, ngx_uint_t anthropic)
{
    int                  rc;
    ngx_agent_target_t  *target;

    target = model->targets.elts;

    if (anthropic) {
        rc = ag_buf_add_string(out, "{\"type\":\"model\",\"id\":\"");
        rc |= ag_buf_add_json(out, ngx_agent_str(name));
        rc |= ag_buf_add_string(out, "\",\"display_name\":\"");
        rc |= ag_buf_add_json(out, ngx_agent_str(name));
        rc |= ag_buf_add_string(out, "\",\"created_at\":"
                                     "\"1970-01-01T00:00:00Z\"}");
        return rc;
    }

    rc = ag_buf_add_string(out, "{\"id\":\"");
    rc |= ag_buf_add_json(out, ngx_agent_str(name));
    rc |= ag_buf_add_string(out, "\",\"object\":\"model\",\"created\":0,"
                                 "\"owned_by\":\"");
    rc |= ag_buf_add_json(out, ngx_agent_str(&target->provider->name));
    rc |= ag_buf_add_string(out, "\"}");

    return rc;
}


/* A model whose provider lacks its key is not offered. */
static ngx_uint_t
ngx_agent_models_usable(ngx_agent_call_t *call, ngx_agent_model_t *model,
    ngx_str_t *name)
{
    ngx_agent_target_t  *target;

    target = model->targets.elts;

    return !target->provider->disabled
           && ngx_agent_conf_allows(call->tenant, name);
}
