/*
 * Copyright (C) ngx_agent authors
 *
 * "price" of a provider: what its models cost, in USD per million tokens.
 * What no line says is looked up among the facts of models.
 */


#include "ngx/ngx_agent_conf.h"


/* The words of a "price" line; empty: not given. */
typedef struct {
    ngx_str_t                 input;
    ngx_str_t                 output;
    ngx_str_t                 cached;
    ngx_str_t                 written;
} ngx_agent_price_words_t;


static char *ngx_agent_conf_price_read(ngx_conf_t *cf,
    const ngx_agent_option_t *option, ngx_agent_price_words_t *words,
    uint64_t *price);
static ngx_agent_target_t *ngx_agent_conf_price_missing(
    ngx_agent_model_t *model);
static ngx_agent_tenant_t *ngx_agent_conf_price_needed(
    ngx_agent_main_conf_t *amcf, ngx_agent_model_t *model);
static ngx_agent_price_t *ngx_agent_conf_price_add(ngx_conf_t *cf,
    ngx_agent_provider_t *provider, ngx_str_t *model);


static const ngx_agent_option_t  ngx_agent_price_options[] = {

    { ngx_string("input"), NGX_AGENT_STRING,
      offsetof(ngx_agent_price_words_t, input), 0, 0, NULL },

    { ngx_string("output"), NGX_AGENT_STRING,
      offsetof(ngx_agent_price_words_t, output), 0, 0, NULL },

    { ngx_string("cached"), NGX_AGENT_STRING,
      offsetof(ngx_agent_price_words_t, cached), 0, 0, NULL },

    { ngx_string("cache_write"), NGX_AGENT_STRING,
      offsetof(ngx_agent_price_words_t, written), 0, 0, NULL },

    { ngx_null_string, 0, 0, 0, 0, NULL }
};


char *
ngx_agent_conf_price(ngx_conf_t *cf, const ngx_agent_row_t *row, void *conf)
{
    ngx_agent_provider_t *provider = conf;

    ngx_str_t                 *value;
    ngx_agent_price_t         *price;
    ngx_agent_price_words_t    words;
    const ngx_agent_option_t  *option;

    value = cf->args->elts;
    option = ngx_agent_price_options;

    ngx_memzero(&words, sizeof(ngx_agent_price_words_t));

    if (ngx_agent_conf_options(cf, 2, option, &words, 0) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    if (words.input.len == 0 || words.output.len == 0) {
        return ngx_agent_conf_error(cf, NULL,
                                    "\"price\" of \"%V\" has no \"%s=\": "
                                    "allowed is input=USD output=USD "
                                    "[cached=USD] [cache_write=USD], per "
                                    "million tokens", &value[1],
                                    words.input.len ? "output" : "input");
    }

    price = ngx_agent_conf_price_add(cf, provider, &value[1]);

    if (price == NULL
        || ngx_agent_conf_price_read(cf, &option[0], &words,
                                     &price->price.input) != NGX_CONF_OK
        || ngx_agent_conf_price_read(cf, &option[1], &words,
                                     &price->price.output) != NGX_CONF_OK
        || ngx_agent_conf_price_read(cf, &option[2], &words,
                                     &price->price.cached) != NGX_CONF_OK
        || ngx_agent_conf_price_read(cf, &option[3], &words,
                                     &price->price.written) != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static ngx_agent_price_t *
ngx_agent_conf_price_add(ngx_conf_t *cf, ngx_agent_provider_t *provider,
    ngx_str_t *model)
{
    ngx_uint_t          i;
    ngx_agent_price_t  *price;

    if (ngx_agent_conf_name(cf, "model", model, AG_NAME_PATTERN) != NGX_OK) {
        return NULL;
    }

    price = provider->prices.elts;

    for (i = 0; i < provider->prices.nelts; i++) {
        if (ag_str_equal(ngx_agent_str(&price[i].model),
                         ngx_agent_str(model)))
        {
            (void) ngx_agent_conf_error(cf, NULL,
                                        "\"price\" of \"%V\" is given twice "
                                        "in provider \"%V\" (the first one "
                                        "is in %V:%ui)", model,
                                        &provider->name, &price[i].place.file,
                                        price[i].place.line);
            return NULL;
        }
    }

    if (provider->prices.elts == NULL
        && ngx_array_init(&provider->prices, cf->pool, 4,
                          sizeof(ngx_agent_price_t)) != NGX_OK)
    {
        return NULL;
    }

    price = ngx_array_push(&provider->prices);
    if (price == NULL) {
        return NULL;
    }

    price->model = *model;
    ngx_agent_conf_here(cf, &price->place);

    return price;
}


static char *
ngx_agent_conf_price_read(ngx_conf_t *cf, const ngx_agent_option_t *option,
    ngx_agent_price_words_t *words, uint64_t *price)
{
    ngx_str_t  *text;

    text = (ngx_str_t *) ((char *) words + option->offset);

    if (text->len == 0) {
        *price = AG_PRICE_UNKNOWN;
        return NGX_CONF_OK;
    }

    if (ag_price_read(ngx_agent_str(text), price) == AG_OK) {
        return NGX_CONF_OK;
    }

    return ngx_agent_conf_error(cf, NULL,
                                "invalid value \"%V\" of \"price %V\": "
                                "allowed are USD per million tokens, from 0 "
                                "to 1000000, with up to six digits behind "
                                "the point", text, &option->name);
}


const ag_price_t *
ngx_agent_conf_price_of(ngx_agent_main_conf_t *amcf,
    ngx_agent_provider_t *provider, ngx_str_t *model)
{
    ag_str_t            name;
    ngx_uint_t          i;
    const ag_facts_t   *facts;
    ngx_agent_price_t  *price, *best;

    best = NULL;
    name = ngx_agent_str(model);
    price = provider->prices.elts;

    for (i = 0; i < provider->prices.nelts; i++) {

        if (ag_str_equal(ngx_agent_str(&price[i].model), name)) {
            return &price[i].price;
        }

        if (ag_name_is_pattern(ngx_agent_str(&price[i].model))
            && ag_name_matches(ngx_agent_str(&price[i].model), name)
            && (best == NULL || price[i].model.len > best->model.len))
        {
            best = &price[i];
        }
    }

    if (best != NULL) {
        return &best->price;
    }

    facts = ag_facts_find(&amcf->facts, name, provider->dialect);

    return ag_price_known(&facts->price) ? &facts->price : NULL;
}


void
ngx_agent_conf_price_check(ngx_conf_t *cf, ngx_agent_main_conf_t *amcf)
{
    ngx_uint_t            i;
    ngx_agent_model_t   **model;
    ngx_agent_target_t   *target;
    ngx_agent_tenant_t   *tenant;

    model = amcf->models.elts;

    for (i = 0; amcf->priced && i < amcf->models.nelts; i++) {

        target = ngx_agent_conf_price_missing(model[i]);
        tenant = target ? ngx_agent_conf_price_needed(amcf, model[i]) : NULL;

        if (tenant != NULL) {
            ngx_agent_conf_warn(cf, NGX_LOG_WARN, &target->place,
                                "\"%V\" has no price, so model \"%V\" is "
                                "refused to who has a budget, as tenant "
                                "\"%V\": say \"price\" in the provider",
                                &target->name, &model[i]->name,
                                &tenant->name);
        }
    }
}


/* One without a model of its own is priced as the client asks. */
static ngx_agent_target_t *
ngx_agent_conf_price_missing(ngx_agent_model_t *model)
{
    ngx_uint_t           i;
    ngx_agent_target_t  *target;

    target = model->targets.elts;

    for (i = 0; i < model->targets.nelts; i++) {
        if (target[i].model.len != 0 && target[i].price == NULL
            && !target[i].provider->down)
        {
            return &target[i];
        }
    }

    return NULL;
}


/* The first tenant that has a budget and may ask for the model. */
static ngx_agent_tenant_t *
ngx_agent_conf_price_needed(ngx_agent_main_conf_t *amcf,
    ngx_agent_model_t *model)
{
    ngx_str_t            *name;
    ngx_uint_t            i, n;
    ngx_agent_tenant_t  **tenant;

    name = model->names.elts;
    tenant = amcf->tenants.elts;

    for (i = 0; i < amcf->tenants.nelts; i++) {

        if (!(tenant[i]->resources & (1u << AG_RESOURCE_MONEY))) {
            continue;
        }

        for (n = 0; n < model->names.nelts; n++) {
            if (ngx_agent_conf_allows(tenant[i], &name[n])) {
                return tenant[i];
            }
        }
    }

    return NULL;
}
