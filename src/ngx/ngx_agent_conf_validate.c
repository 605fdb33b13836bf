/*
 * Copyright (C) ngx_agent authors
 *
 * "validate" of a model: what is asked of its answers.  Schemas and regular
 * expressions are compiled here, once, so that one that cannot be is found
 * by "nginx -t" and not by a call.
 */


#include "ngx/ngx_agent_conf.h"


#define NGX_AGENT_REGEX_SHOWN_MAX  ((size_t) 256)   /* bytes; the reason has to
                                                       fit into the line too */


/* What its words say, before it is a rule. */
typedef struct {
    ngx_flag_t                request;
    ngx_flag_t                json;
    ngx_flag_t                off;
    ngx_flag_t                again;
    ngx_str_t                 tag;
    ngx_str_t                 schema;       /* a file */
    ngx_str_t                 regex;
    ngx_uint_t                min_length;
} ngx_agent_validate_words_t;


static char *ngx_agent_conf_validate_check(ngx_conf_t *cf,
    ngx_agent_validate_words_t *words);
static ngx_uint_t ngx_agent_conf_validate_is_tag(ngx_str_t *name);
static char *ngx_agent_conf_validate_schema(ngx_conf_t *cf, ngx_str_t *file,
    ag_validate_rule_t *rule);
static char *ngx_agent_conf_validate_compile(ngx_conf_t *cf, ngx_str_t *path,
    ag_str_t text, ag_validate_rule_t *rule);
static void ngx_agent_conf_validate_free_schema(void *data);
static char *ngx_agent_conf_validate_regex(ngx_conf_t *cf,
    ngx_str_t *pattern, ag_validate_rule_t *rule);
static void ngx_agent_conf_validate_free_regex(void *data);


static const ngx_agent_option_t  ngx_agent_validate_options[] = {

    { ngx_string("request"), NGX_AGENT_FLAG,
      offsetof(ngx_agent_validate_words_t, request), 0, 0, NULL },

    { ngx_string("json"), NGX_AGENT_FLAG,
      offsetof(ngx_agent_validate_words_t, json), 0, 0, NULL },

    { ngx_string("off"), NGX_AGENT_FLAG,
      offsetof(ngx_agent_validate_words_t, off), 0, 0, NULL },

    { ngx_string("tag"), NGX_AGENT_STRING,
      offsetof(ngx_agent_validate_words_t, tag), 0, 0, NULL },

    { ngx_string("schema"), NGX_AGENT_STRING,
      offsetof(ngx_agent_validate_words_t, schema), 0, 0, NULL },

    { ngx_string("regex"), NGX_AGENT_STRING,
      offsetof(ngx_agent_validate_words_t, regex), 0, 0, NULL },

    { ngx_string("min_length"), NGX_AGENT_COUNT,
      offsetof(ngx_agent_validate_words_t, min_length), 1, AG_ANSWER_MAX,
      NULL },

    { ngx_string("again"), NGX_AGENT_FLAG,
      offsetof(ngx_agent_validate_words_t, again), 0, 0, NULL },

    { ngx_null_string, 0, 0, 0, 0, NULL }
};


char *
ngx_agent_conf_validate(ngx_conf_t *cf, const ngx_agent_row_t *row, void *conf)
{
    ngx_agent_model_t *model = conf;

    ag_validate_rule_t          *rule;
    ngx_agent_validate_words_t   words;

    ngx_memzero(&words, sizeof(ngx_agent_validate_words_t));

    if (ngx_agent_conf_options(cf, 1, ngx_agent_validate_options, &words, 0)
        != NGX_CONF_OK
        || ngx_agent_conf_validate_check(cf, &words) != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    rule = &model->validate;

    ngx_memzero(rule, sizeof(ag_validate_rule_t));

    rule->request = (words.request != 0);
    rule->json = (words.json != 0);
    rule->again = (words.again != 0);
    rule->tag = ngx_agent_str(&words.tag);
    rule->min_length = words.min_length;

    if (words.schema.len
        && ngx_agent_conf_validate_schema(cf, &words.schema, rule)
           != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    if (words.regex.len) {
        return ngx_agent_conf_validate_regex(cf, &words.regex, rule);
    }

    return NGX_CONF_OK;
}


static char *
ngx_agent_conf_validate_check(ngx_conf_t *cf,
    ngx_agent_validate_words_t *words)
{
    ngx_uint_t  given;

    given = cf->args->nelts - 1;

    if (words->off && given > 1) {
        return ngx_agent_conf_error(cf, NULL,
                                    "\"off\" of \"validate\" beside other "
                                    "words: allowed is \"validate off\" "
                                    "alone");
    }

    if (words->again && given == 1) {
        return ngx_agent_conf_error(cf, NULL,
                                    "\"again\" of \"validate\" alone: allowed "
                                    "is it beside request, json, tag=, "
                                    "schema=, regex= or min_length=");
    }

    if (words->tag.len && !ngx_agent_conf_validate_is_tag(&words->tag)) {
        return ngx_agent_conf_error(cf, NULL,
                                    "invalid value \"%V\" of \"validate "
                                    "tag\": allowed are 1 to %d characters of "
                                    "A-Z a-z 0-9 . _ -, of which the first is "
                                    "a letter or _", &words->tag,
                                    AG_MODEL_NAME_SHOWN_MAX);
    }

    return NGX_CONF_OK;
}


/* A client's x-agent-validate takes the same ones. */

static ngx_uint_t
ngx_agent_conf_validate_is_tag(ngx_str_t *name)
{
    u_char      c;
    ngx_uint_t  i;

    for (i = 0; i < name->len; i++) {
        c = name->data[i];

        if (c == '_' || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z')) {
            continue;
        }

        if (i == 0 || (c != '.' && c != '-' && (c < '0' || c > '9'))) {
            return 0;
        }
    }

    return name->len <= AG_MODEL_NAME_SHOWN_MAX;
}


static char *
ngx_agent_conf_validate_schema(ngx_conf_t *cf, ngx_str_t *file,
    ag_validate_rule_t *rule)
{
    char       *rv;
    u_char     *buf;
    ssize_t     n;
    ngx_str_t   path;

    if (ngx_agent_conf_signaller()) {
        return NGX_CONF_OK;
    }

    path = *file;

    if (ngx_conf_full_name(cf->cycle, &path, 1) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    buf = ngx_alloc(AG_SCHEMA_MAX + 1, cf->log);
    if (buf == NULL) {
        return NGX_CONF_ERROR;
    }

    n = ngx_agent_conf_file(cf, "validate schema", &path, buf, AG_SCHEMA_MAX);

    rv = (n < 0) ? NGX_CONF_ERROR
                 : ngx_agent_conf_validate_compile(cf, &path, ag_str(buf, n),
                                                   rule);

    ngx_free(buf);

    return rv;
}


static char *
ngx_agent_conf_validate_compile(ngx_conf_t *cf, ngx_str_t *path,
    ag_str_t text, ag_validate_rule_t *rule)
{
    ag_schema_t         *schema;
    const char          *quote;
    ag_schema_error_t    error;
    ngx_pool_cleanup_t  *cleanup;

    cleanup = ngx_pool_cleanup_add(cf->pool, 0);
    if (cleanup == NULL) {
        return NGX_CONF_ERROR;
    }

    error.keyword = "";
    error.reason = "it cannot be read";

    schema = ag_schema_compile(text, &error);

    if (schema == NULL) {

        /* of the whole document it speaks in a sentence of its own */

        quote = *error.keyword ? "\"" : "";

        return ngx_agent_conf_error(cf, NULL,
                                    "\"validate schema\" file \"%V\" is "
                                    "refused, %s%s%s%s: allowed is a JSON "
                                    "Schema of draft 2020-12", path, quote,
                                    error.keyword, *quote ? "\" " : "",
                                    error.reason);
    }

    cleanup->handler = ngx_agent_conf_validate_free_schema;
    cleanup->data = schema;
    rule->schema = schema;

    return NGX_CONF_OK;
}


static void
ngx_agent_conf_validate_free_schema(void *data)
{
    ag_schema_free(data);
}


static char *
ngx_agent_conf_validate_regex(ngx_conf_t *cf, ngx_str_t *pattern,
    ag_validate_rule_t *rule)
{
    size_t               at;
    ag_regex_t          *regex;
    const char          *reason;
    ngx_pool_cleanup_t  *cleanup;

    cleanup = ngx_pool_cleanup_add(cf->pool, 0);
    if (cleanup == NULL) {
        return NGX_CONF_ERROR;
    }

    at = 0;
    reason = "is invalid";

    regex = ag_regex_compile(ngx_agent_str(pattern), &reason, &at);

    if (regex == NULL) {
        return ngx_agent_conf_error(cf, NULL,
                                    "invalid value \"%*s\" of \"validate "
                                    "regex\", it %s at byte %uz: allowed is a "
                                    "regular expression of at most %d bytes",
                                    ngx_min(pattern->len,
                                            NGX_AGENT_REGEX_SHOWN_MAX),
                                    pattern->data, reason, at, AG_REGEX_MAX);
    }

    cleanup->handler = ngx_agent_conf_validate_free_regex;
    cleanup->data = regex;
    rule->regex = regex;

    return NGX_CONF_OK;
}


static void
ngx_agent_conf_validate_free_regex(void *data)
{
    ag_regex_free(data);
}
