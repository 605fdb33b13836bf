/*
 * Copyright (C) ngx_agent authors
 *
 * agent_model NAME [ALIAS ...] { ... }: what clients ask for, and who answers
 * it: all "target" lines are one tier, each "fallback" is a tier of its own.
 * What else may stand in the block is read in ngx_agent_conf_attempts.c,
 * ngx_agent_conf_validate.c and ngx_agent_conf_cache.c.
 */


#include "ngx/ngx_agent_conf.h"


static ngx_agent_model_t *ngx_agent_conf_model_create(ngx_conf_t *cf,
    ngx_agent_main_conf_t *amcf);
static char *ngx_agent_conf_model_end(ngx_conf_t *cf,
    ngx_agent_model_t *model);
static ngx_int_t ngx_agent_conf_model_order(const void *one,
    const void *two);
static char *ngx_agent_conf_model_twice(ngx_conf_t *cf,
    ngx_agent_model_t *model, ngx_uint_t n);
static char *ngx_agent_conf_model_target(ngx_conf_t *cf,
    const ngx_agent_row_t *row, void *conf);
static char *ngx_agent_conf_model_fallback(ngx_conf_t *cf,
    const ngx_agent_row_t *row, void *conf);
static ngx_agent_target_t *ngx_agent_conf_model_add(ngx_conf_t *cf,
    ngx_agent_model_t *model);
static char *ngx_agent_conf_model_split(ngx_conf_t *cf, ngx_str_t *text,
    ngx_agent_target_t *target);
static ngx_int_t ngx_agent_conf_model_names(ngx_conf_t *cf,
    ngx_agent_model_t *model, ngx_agent_target_t *target);


static const ngx_conf_enum_t  ngx_agent_buffers[] = {
    { ngx_string("off"), 0 },
    { ngx_string("all"), NGX_AGENT_BUFFER_ALL },
    { ngx_null_string, 0 }
};


static const ngx_agent_option_t  ngx_agent_buffer_option =
    { ngx_null_string, NGX_AGENT_SIZE, 0, 1, AG_ANSWER_MAX,
      ngx_agent_buffers };


static const ngx_conf_enum_t  ngx_agent_causes[] = {
#define NGX_AGENT_CAUSE(id, name)  { ngx_string(name), AG_CAUSE_##id },
    AG_CAUSES(NGX_AGENT_CAUSE)
#undef NGX_AGENT_CAUSE
    { ngx_null_string, 0 }
};


static const ngx_agent_row_t  ngx_agent_model_rows[] = {

    { ngx_string("target"), 1, 2, 0,
      ngx_agent_conf_model_target, 0, NULL },

    { ngx_string("fallback"), 1, 2, 0,
      ngx_agent_conf_model_fallback, 0, NULL },

    { ngx_string("timeout"), 1, 4, NGX_AGENT_ONCE,
      ngx_agent_conf_set_options,
      offsetof(ngx_agent_model_t, timeout), ngx_agent_timeout_options },

    { ngx_string("attempts"), 1, 2, NGX_AGENT_ONCE,
      ngx_agent_conf_attempts, 0, NULL },

    { ngx_string("balance"), 1, 1, NGX_AGENT_ONCE,
      ngx_agent_conf_set_word,
      offsetof(ngx_agent_model_t, balance), &ngx_agent_balance_option },

    { ngx_string("validate"), 1, NGX_AGENT_ANY, NGX_AGENT_ONCE,
      ngx_agent_conf_validate, 0, NULL },

    { ngx_string("buffer"), 1, 1, NGX_AGENT_ONCE,
      ngx_agent_conf_set_word,
      offsetof(ngx_agent_model_t, buffer), &ngx_agent_buffer_option },

    { ngx_string("hedge"), 1, 2, NGX_AGENT_ONCE,
      ngx_agent_conf_hedge, 0, NULL },

    { ngx_string("maintenance"), 1, 2, NGX_AGENT_ONCE,
      ngx_agent_conf_maintenance, 0, NULL },

    { ngx_string("cache"), 1, 9, NGX_AGENT_ONCE,
      ngx_agent_conf_cache, offsetof(ngx_agent_model_t, cache), NULL },

    { ngx_string("cache_scope"), 1, 1, NGX_AGENT_ONCE,
      ngx_agent_conf_cache_scope, offsetof(ngx_agent_model_t, cache), NULL },

    { ngx_null_string, 0, 0, 0, NULL, 0, NULL }
};


static const ngx_agent_option_t  ngx_agent_target_options[] = {

    { ngx_string("weight"), NGX_AGENT_COUNT,
      offsetof(ngx_agent_target_t, weight), 1, NGX_AGENT_WEIGHT_MAX, NULL },

    { ngx_null_string, 0, 0, 0, 0, NULL }
};


static const ngx_agent_option_t  ngx_agent_fallback_options[] = {

    { ngx_string("on"), NGX_AGENT_SET,
      offsetof(ngx_agent_target_t, on), 0, 0, ngx_agent_causes },

    { ngx_null_string, 0, 0, 0, 0, NULL }
};


char *
ngx_agent_conf_model_block(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_agent_main_conf_t *amcf = conf;

    ngx_agent_model_t  *model;

    model = ngx_agent_conf_model_create(cf, amcf);
    if (model == NULL) {
        return NGX_CONF_ERROR;
    }

    if (ngx_agent_conf_block(cf, ngx_agent_model_rows, model) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    return ngx_agent_conf_model_end(cf, model);
}


static ngx_agent_model_t *
ngx_agent_conf_model_create(ngx_conf_t *cf, ngx_agent_main_conf_t *amcf)
{
    ngx_str_t          *value, *name;
    ngx_uint_t          i;
    ngx_agent_model_t  *model, **slot;

    model = ngx_pcalloc(cf->pool, sizeof(ngx_agent_model_t));
    slot = ngx_array_push(&amcf->models);

    if (model == NULL || slot == NULL
        || ngx_array_init(&model->names, cf->pool, cf->args->nelts - 1,
                          sizeof(ngx_str_t)) != NGX_OK
        || ngx_array_init(&model->targets, cf->pool, 1,
                          sizeof(ngx_agent_target_t)) != NGX_OK)
    {
        return NULL;
    }

    *slot = model;

    ngx_agent_conf_here(cf, &model->place);
    ngx_agent_conf_timeout_init(&model->timeout);
    ngx_agent_conf_attempts_init(model);

    value = cf->args->elts;
    model->name = value[1];

    for (i = 1; i < cf->args->nelts; i++) {

        if (ngx_agent_conf_name(cf, "model", &value[i], AG_NAME_PATTERN)
            != NGX_OK)
        {
            return NULL;
        }

        name = ngx_array_push(&model->names);
        if (name == NULL) {
            return NULL;
        }

        *name = value[i];
    }

    return model;
}


ngx_agent_model_t *
ngx_agent_conf_model_hidden(ngx_conf_t *cf, ngx_agent_main_conf_t *amcf,
    ngx_str_t *name)
{
    ngx_agent_model_t  *model, **slot;

    model = ngx_pcalloc(cf->pool, sizeof(ngx_agent_model_t));
    slot = ngx_array_push(&amcf->models);

    if (model == NULL || slot == NULL
        || ngx_array_init(&model->names, cf->pool, 1, sizeof(ngx_str_t))
           != NGX_OK
        || ngx_array_init(&model->targets, cf->pool, 1,
                          sizeof(ngx_agent_target_t)) != NGX_OK)
    {
        return NULL;
    }

    *slot = model;

    ngx_agent_conf_here(cf, &model->place);
    ngx_agent_conf_timeout_init(&model->timeout);
    ngx_agent_conf_timeout_end(&model->timeout);
    ngx_agent_conf_attempts_init(model);

    model->name = *name;
    model->attempts = 1;        /* nobody knows what a repetition would do */
    model->validate.request = 0;

    return model;
}


static char *
ngx_agent_conf_model_end(ngx_conf_t *cf, ngx_agent_model_t *model)
{
    ngx_uint_t           i;
    ngx_agent_target_t  *target;

    target = model->targets.elts;

    ngx_sort(target, model->targets.nelts, sizeof(ngx_agent_target_t),
             ngx_agent_conf_model_order);

    if (model->targets.nelts == 0 || target[0].tier != 0) {
        return ngx_agent_conf_error(cf, &model->place,
                                    "model \"%V\" has no \"target\": allowed "
                                    "are PROVIDER, PROVIDER/MODEL",
                                    &model->name);
    }

    ngx_agent_conf_timeout_end(&model->timeout);

    for (i = 0; i < model->targets.nelts; i++) {
        if (ngx_agent_conf_model_names(cf, model, &target[i]) != NGX_OK) {
            return NGX_CONF_ERROR;
        }

        if (ngx_agent_conf_model_twice(cf, model, i) != NGX_CONF_OK) {
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


/* By tier; ngx_sort() keeps the order of equals. */

static ngx_int_t
ngx_agent_conf_model_order(const void *one, const void *two)
{
    const ngx_agent_target_t  *a, *b;

    a = one;
    b = two;

    return (a->tier > b->tier) - (a->tier < b->tier);
}


/* Who was asked in vain would be asked again, and counted as another. */

static char *
ngx_agent_conf_model_twice(ngx_conf_t *cf, ngx_agent_model_t *model,
    ngx_uint_t n)
{
    ngx_uint_t           i;
    ngx_agent_target_t  *target;

    target = model->targets.elts;

    for (i = 0; i < n; i++) {
        if (ag_str_equal(ngx_agent_str(&target[i].name),
                         ngx_agent_str(&target[n].name)))
        {
            return ngx_agent_conf_error(cf, &target[n].place,
                                        "\"%V\" is given twice in model "
                                        "\"%V\" (the first one is in %V:%ui)",
                                        &target[n].name, &model->name,
                                        &target[i].place.file,
                                        target[i].place.line);
        }
    }

    return NGX_CONF_OK;
}


static char *
ngx_agent_conf_model_target(ngx_conf_t *cf, const ngx_agent_row_t *row,
    void *conf)
{
    ngx_agent_target_t  *target;

    target = ngx_agent_conf_model_add(cf, conf);
    if (target == NULL) {
        return NGX_CONF_ERROR;
    }

    return ngx_agent_conf_options(cf, 2, ngx_agent_target_options, target, 0);
}


static char *
ngx_agent_conf_model_fallback(ngx_conf_t *cf, const ngx_agent_row_t *row,
    void *conf)
{
    ngx_agent_model_t *model = conf;

    ngx_uint_t           i, tier;
    ngx_agent_target_t  *target, *others;

    target = ngx_agent_conf_model_add(cf, model);
    if (target == NULL) {
        return NGX_CONF_ERROR;
    }

    tier = 1;
    others = model->targets.elts;

    for (i = 0; i < model->targets.nelts; i++) {
        if (others[i].tier != 0) {
            tier++;
        }
    }

    target->tier = tier;
    target->on = AG_CAUSES_DEFAULT;

    return ngx_agent_conf_options(cf, 2, ngx_agent_fallback_options, target,
                                  0);
}


/* One more, of the line that is read; NULL: refused, and said why. */

static ngx_agent_target_t *
ngx_agent_conf_model_add(ngx_conf_t *cf, ngx_agent_model_t *model)
{
    ngx_str_t           *value;
    ngx_agent_target_t  *target;

    value = cf->args->elts;

    if (model->targets.nelts == AG_CHAIN_TARGETS_MAX) {
        (void) ngx_agent_conf_error(cf, NULL,
                                    "too many targets in model \"%V\": "
                                    "allowed are %d, with its fallbacks",
                                    &model->name, AG_CHAIN_TARGETS_MAX);
        return NULL;
    }

    target = ngx_array_push(&model->targets);
    if (target == NULL) {
        return NULL;
    }

    ngx_memzero(target, sizeof(ngx_agent_target_t));

    target->weight = 1;
    ngx_agent_conf_here(cf, &target->place);

    if (ngx_agent_conf_model_split(cf, &value[1], target) != NGX_CONF_OK) {
        return NULL;
    }

    return target;
}


/* The provider ends at the first slash: model names hold slashes too. */

static char *
ngx_agent_conf_model_split(ngx_conf_t *cf, ngx_str_t *text,
    ngx_agent_target_t *target)
{
    u_char  *slash;

    slash = ngx_strlchr(text->data, text->data + text->len, '/');

    target->provider_name = *text;

    if (slash != NULL) {
        target->provider_name.len = slash - text->data;

        target->model.data = slash + 1;
        target->model.len = text->len - target->provider_name.len - 1;

        if (ngx_agent_conf_name(cf, "target model", &target->model,
                                AG_NAME_MODEL)
            != NGX_OK)
        {
            return NGX_CONF_ERROR;
        }
    }

    return (ngx_agent_conf_name(cf, "provider", &target->provider_name,
                                AG_NAME_PLAIN) == NGX_OK)
           ? NGX_CONF_OK : NGX_CONF_ERROR;
}


/*
 * What the provider is asked for when the target does not say it: the name
 * that the client used.  But an alias is ours, so a model whose names are all
 * spelled out is asked for by its first one.
 */

static ngx_int_t
ngx_agent_conf_model_names(ngx_conf_t *cf, ngx_agent_model_t *model,
    ngx_agent_target_t *target)
{
    u_char      *p;
    size_t       len;
    ngx_str_t   *name, *shown;
    ngx_uint_t   i;

    name = model->names.elts;

    for (i = 0; i < model->names.nelts; i++) {
        if (ag_name_is_pattern(ngx_agent_str(&name[i]))) {
            break;
        }
    }

    if (target->model.len == 0 && i == model->names.nelts && i > 1) {
        target->model = model->name;
    }

    target->any = (target->model.len == 0 && i < model->names.nelts);

    shown = target->model.len ? &target->model : &model->name;
    len = target->provider_name.len + 1 + shown->len;

    p = ngx_pnalloc(cf->pool, len + target->model.len + 2);
    if (p == NULL) {
        return NGX_ERROR;
    }

    target->name.data = p;
    target->name.len = len;

    p = ngx_sprintf(p, "%V/%V", &target->provider_name, shown);

    if (target->model.len == 0) {
        return NGX_OK;
    }

    /* no character of a model's name needs an escape */

    target->model_json.data = p;
    target->model_json.len = target->model.len + 2;

    (void) ngx_sprintf(p, "\"%V\"", &target->model);

    return NGX_OK;
}
