/*
 * Copyright (C) ngx_agent authors
 *
 * set_header and set_field: what a provider's requests carry beside what the
 * client sent.  Refuses headers that belong to the transfer or would stand
 * beside a key, and fields that decide about the call itself.  Values are
 * not shown in errors: a header may hold a secret.
 */


#include "ngx/ngx_agent_conf.h"
#include "core/ag_header.h"
#include "core/ag_json.h"


#define NGX_AGENT_FIELDS_MAX  8     /* set_field lines; with our own changes
                                       they stay below AG_PATCHES_MAX */
#define NGX_AGENT_FIELD_MAX   4096  /* bytes of a field's value */


static char *ngx_agent_conf_request_header_name(ngx_conf_t *cf,
    ngx_agent_provider_t *provider, ngx_str_t *name);
static char *ngx_agent_conf_request_field_name(ngx_conf_t *cf,
    ngx_agent_provider_t *provider, ngx_str_t *name);
static ngx_uint_t ngx_agent_conf_request_is_plain(ngx_str_t *name);
static char *ngx_agent_conf_request_field_value(ngx_conf_t *cf,
    ngx_str_t *name, ngx_str_t *text, ag_str_t *json);
static char *ngx_agent_conf_request_string(ngx_conf_t *cf, ngx_str_t *text,
    ag_str_t *json);


/* Fields that the gateway reads or changes itself, or that are the call. */
static const char  *ngx_agent_fixed_fields[] = {
    "model", "stream", "stream_options", "messages"
};


char *
ngx_agent_conf_request_header(ngx_conf_t *cf, const ngx_agent_row_t *row,
    void *conf)
{
    ngx_agent_provider_t *provider = conf;

    ngx_str_t     *value;
    ngx_keyval_t  *header;

    value = cf->args->elts;

    if (ngx_agent_conf_request_header_name(cf, provider, &value[1])
        != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    if (!ag_header_is_value(ngx_agent_str(&value[2]))) {
        return ngx_agent_conf_error(cf, NULL,
                                    "invalid value of \"set_header %V\": "
                                    "allowed is text without control "
                                    "characters and outer blanks", &value[1]);
    }

    header = ngx_array_push(&provider->headers);
    if (header == NULL) {
        return NGX_CONF_ERROR;
    }

    header->key = value[1];
    header->value = value[2];

    return NGX_CONF_OK;
}


static char *
ngx_agent_conf_request_header_name(ngx_conf_t *cf,
    ngx_agent_provider_t *provider, ngx_str_t *name)
{
    ngx_uint_t     i;
    ngx_keyval_t  *header;

    if (!ag_header_is_name(ngx_agent_str(name))) {
        return ngx_agent_conf_error(cf, NULL,
                                    "invalid name \"%V\" of \"set_header\": "
                                    "allowed are letters, digits and "
                                    "!#$%%&'*+-.^_`|~", name);
    }

    if (ag_header_is_ours(ngx_agent_str(name))) {
        return ngx_agent_conf_error(cf, NULL,
                                    "invalid name \"%V\" of \"set_header\": "
                                    "allowed are all but %s; a secret stands "
                                    "in \"key\"", name, ag_header_ours());
    }

    header = provider->headers.elts;

    for (i = 0; i < provider->headers.nelts; i++) {
        if (ag_header_same(ngx_agent_str(&header[i].key),
                           ngx_agent_str(name)))
        {
            return ngx_agent_conf_error(cf, NULL,
                                        "\"set_header %V\" is given twice in "
                                        "provider \"%V\"", name,
                                        &provider->name);
        }
    }

    return NGX_CONF_OK;
}


char *
ngx_agent_conf_request_field(ngx_conf_t *cf, const ngx_agent_row_t *row,
    void *conf)
{
    ngx_agent_provider_t *provider = conf;

    ngx_str_t   *value;
    ag_field_t  *field;

    value = cf->args->elts;

    if (ngx_agent_conf_request_field_name(cf, provider, &value[1])
        != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    if (provider->fields.nelts == NGX_AGENT_FIELDS_MAX) {
        return ngx_agent_conf_error(cf, NULL,
                                    "too many \"set_field\" in provider "
                                    "\"%V\": allowed are %d",
                                    &provider->name, NGX_AGENT_FIELDS_MAX);
    }

    field = ngx_array_push(&provider->fields);
    if (field == NULL) {
        return NGX_CONF_ERROR;
    }

    field->key = ngx_agent_str(&value[1]);

    return ngx_agent_conf_request_field_value(cf, &value[1], &value[2],
                                              &field->value);
}


static char *
ngx_agent_conf_request_field_name(ngx_conf_t *cf,
    ngx_agent_provider_t *provider, ngx_str_t *name)
{
    ngx_uint_t   i;
    ag_field_t  *field;

    if (!ngx_agent_conf_request_is_plain(name)) {
        return ngx_agent_conf_error(cf, NULL,
                                    "invalid name \"%V\" of \"set_field\": "
                                    "allowed are 1 to %d characters of A-Z "
                                    "a-z 0-9 . _ -", name, AG_JSON_KEY_MAX);
    }

    for (i = 0; i < sizeof(ngx_agent_fixed_fields) / sizeof(char *); i++) {
        if (ag_str_is(ngx_agent_str(name), ngx_agent_fixed_fields[i])) {
            return ngx_agent_conf_error(cf, NULL,
                                        "invalid name \"%V\" of \"set_field\": "
                                        "allowed are all but model, stream, "
                                        "stream_options, messages", name);
        }
    }

    field = provider->fields.elts;

    for (i = 0; i < provider->fields.nelts; i++) {
        if (ag_str_equal(field[i].key, ngx_agent_str(name))) {
            return ngx_agent_conf_error(cf, NULL,
                                        "\"set_field %V\" is given twice in "
                                        "provider \"%V\"", name,
                                        &provider->name);
        }
    }

    return NGX_CONF_OK;
}


static ngx_uint_t
ngx_agent_conf_request_is_plain(ngx_str_t *name)
{
    u_char      c;
    ngx_uint_t  i;

    for (i = 0; i < name->len; i++) {
        c = name->data[i];

        if ((c < '0' || c > '9') && ((c | 0x20) < 'a' || (c | 0x20) > 'z')
            && c != '.' && c != '_' && c != '-')
        {
            return 0;
        }
    }

    return name->len != 0 && name->len <= AG_JSON_KEY_MAX;
}


/*
 * JSON as it stands, else a string.  What begins like JSON must be JSON: a
 * forgotten bracket would otherwise travel as text.
 */

static char *
ngx_agent_conf_request_field_value(ngx_conf_t *cf, ngx_str_t *name,
    ngx_str_t *text, ag_str_t *json)
{
    ag_json_t  *scan;

    if (text->len > NGX_AGENT_FIELD_MAX) {
        return ngx_agent_conf_error(cf, NULL,
                                    "invalid value of \"set_field %V\": "
                                    "allowed are %d bytes", name,
                                    NGX_AGENT_FIELD_MAX);
    }

    scan = ngx_palloc(cf->temp_pool, sizeof(ag_json_t));
    if (scan == NULL) {
        return NGX_CONF_ERROR;
    }

    if (ag_json_scan(scan, ngx_agent_str(text)) == AG_OK) {
        *json = ngx_agent_str(text);
        return NGX_CONF_OK;
    }

    if (text->len && ngx_strchr("{[\"", text->data[0])) {
        return ngx_agent_conf_error(cf, NULL,
                                    "invalid value of \"set_field %V\", %s "
                                    "at byte %uz: allowed is JSON, or text "
                                    "that does not begin like it",
                                    name, scan->error, scan->error_at);
    }

    return ngx_agent_conf_request_string(cf, text, json);
}


static char *
ngx_agent_conf_request_string(ngx_conf_t *cf, ngx_str_t *text, ag_str_t *json)
{
    char      *rv;
    ag_buf_t   buf;
    ngx_str_t  copy;

    rv = NGX_CONF_ERROR;
    ag_buf_init(&buf, NGX_AGENT_FIELD_MAX * 6 + 2);

    if (ag_buf_add(&buf, "\"", 1) == AG_OK
        && ag_buf_add_json(&buf, ngx_agent_str(text)) == AG_OK
        && ag_buf_add(&buf, "\"", 1) == AG_OK)
    {
        copy.len = buf.len;
        copy.data = buf.data;
        copy.data = ngx_pstrdup(cf->pool, &copy);

        if (copy.data != NULL) {
            *json = ngx_agent_str(&copy);
            rv = NGX_CONF_OK;
        }
    }

    ag_buf_free(&buf);

    return rv;
}
