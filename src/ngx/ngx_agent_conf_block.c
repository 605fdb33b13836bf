/*
 * Copyright (C) ngx_agent authors
 *
 * Parses blocks by tables and words their refusals.  nginx has no free
 * context bit for a block of our own, so a block takes over its parser's
 * handler until its "}".  Knows no directive by name but "include".
 */


#include "ngx/ngx_agent_conf_block.h"


/* The block that is being parsed. */
typedef struct {
    ngx_str_t                name;      /* of its directive */
    const ngx_agent_row_t   *rows;
    void                    *conf;
    uint64_t                 seen;      /* rows, by number */
    ngx_uint_t               refused;   /* one of them said why */
} ngx_agent_block_t;


static char *ngx_agent_conf_block_handler(ngx_conf_t *cf,
    ngx_command_t *dummy, void *conf);
static char *ngx_agent_conf_block_row(ngx_conf_t *cf,
    ngx_agent_block_t *block);
static char *ngx_agent_conf_block_include(ngx_conf_t *cf);
static char *ngx_agent_conf_block_unknown(ngx_conf_t *cf,
    ngx_agent_block_t *block);
static char *ngx_agent_conf_block_words(ngx_conf_t *cf,
    const ngx_agent_row_t *row);
static void ngx_agent_conf_log(ngx_conf_t *cf, ngx_uint_t level,
    ngx_agent_place_t *place, const char *fmt, va_list args);


char *
ngx_agent_conf_block(ngx_conf_t *cf, const ngx_agent_row_t *rows, void *conf)
{
    char               *rv;
    ngx_str_t          *value;
    ngx_conf_t          save;
    ngx_agent_block_t   block;

    value = cf->args->elts;

    block.name = value[0];
    block.rows = rows;
    block.conf = conf;
    block.seen = 0;
    block.refused = 0;

    save = *cf;

    cf->handler = ngx_agent_conf_block_handler;
    cf->handler_conf = (void *) &block;

    rv = ngx_conf_parse(cf, NULL);

    /* nginx has said: unexpected "{"; what it belongs to, it has not */

    if (rv != NGX_CONF_OK && !block.refused
        && cf->args->nelts != 0 && cf->conf_file->buffer->pos[-1] == '{')
    {
        (void) ngx_agent_conf_block_unknown(cf, &block);
    }

    *cf = save;

    return rv;
}


static char *
ngx_agent_conf_block_handler(ngx_conf_t *cf, ngx_command_t *dummy, void *conf)
{
    ngx_agent_block_t *block = conf;

    char       *rv;
    ngx_str_t  *value;

    value = cf->args->elts;

    if (ngx_strcmp(value[0].data, "include") == 0) {
        rv = ngx_agent_conf_block_include(cf);

    } else {
        rv = ngx_agent_conf_block_row(cf, block);
    }

    block->refused = (rv != NGX_CONF_OK);

    return rv;
}


static char *
ngx_agent_conf_block_row(ngx_conf_t *cf, ngx_agent_block_t *block)
{
    ngx_str_t              *value;
    ngx_uint_t              i;
    const ngx_agent_row_t  *row;

    value = cf->args->elts;

    for (i = 0; block->rows[i].name.len; i++) {
        row = &block->rows[i];

        if (row->name.len != value[0].len
            || ngx_strncmp(row->name.data, value[0].data, value[0].len) != 0)
        {
            continue;
        }

        if ((row->flags & NGX_AGENT_ONCE) && (block->seen & 1ULL << i)) {
            return ngx_agent_conf_error(cf, NULL,
                                        "\"%V\" is given twice in \"%V\"",
                                        &value[0], &block->name);
        }

        block->seen |= 1ULL << i;

        if (cf->args->nelts - 1 < row->min || cf->args->nelts - 1 > row->max) {
            return ngx_agent_conf_block_words(cf, row);
        }

        return row->set(cf, row, block->conf);
    }

    return ngx_agent_conf_block_unknown(cf, block);
}


static char *
ngx_agent_conf_block_include(ngx_conf_t *cf)
{
    if (cf->args->nelts != 2) {
        return ngx_agent_conf_error(cf, NULL,
                                    "\"include\" takes 1 word, %ui given",
                                    cf->args->nelts - 1);
    }

    return ngx_conf_include(cf, NULL, NULL);
}


static char *
ngx_agent_conf_block_unknown(ngx_conf_t *cf, ngx_agent_block_t *block)
{
    u_char      *p, *last;
    u_char       allowed[NGX_AGENT_ALLOWED_MAX];
    ngx_str_t   *value;
    ngx_uint_t   i;

    value = cf->args->elts;

    p = allowed;
    last = allowed + NGX_AGENT_ALLOWED_MAX;

    for (i = 0; block->rows[i].name.len; i++) {
        p = ngx_slprintf(p, last, "%V, ", &block->rows[i].name);
    }

    return ngx_agent_conf_error(cf, NULL,
                                "unknown directive \"%V\" in \"%V\": "
                                "allowed are %*sinclude",
                                &value[0], &block->name,
                                (size_t) (p - allowed), allowed);
}


static char *
ngx_agent_conf_block_words(ngx_conf_t *cf, const ngx_agent_row_t *row)
{
    ngx_uint_t  given;

    given = cf->args->nelts - 1;

    if (row->max == NGX_AGENT_ANY) {
        return ngx_agent_conf_error(cf, NULL,
                                    "\"%V\" takes at least %ui word%s, "
                                    "%ui given", &row->name, row->min,
                                    row->min == 1 ? "" : "s", given);
    }

    if (row->max == row->min) {
        return ngx_agent_conf_error(cf, NULL,
                                    "\"%V\" takes %ui word%s, %ui given",
                                    &row->name, row->min,
                                    row->min == 1 ? "" : "s", given);
    }

    return ngx_agent_conf_error(cf, NULL,
                                "\"%V\" takes %ui to %ui words, %ui given",
                                &row->name, row->min, row->max, given);
}


char *
ngx_agent_conf_set_flag(ngx_conf_t *cf, const ngx_agent_row_t *row, void *conf)
{
    ngx_str_t   *value;
    ngx_flag_t  *field;

    value = cf->args->elts;
    field = (ngx_flag_t *) ((char *) conf + row->offset);

    if (ngx_strcmp(value[1].data, "on") == 0) {
        *field = 1;

    } else if (ngx_strcmp(value[1].data, "off") == 0) {
        *field = 0;

    } else {
        return ngx_agent_conf_error(cf, NULL,
                                    "invalid value \"%V\" of \"%V\": "
                                    "allowed are on, off",
                                    &value[1], &value[0]);
    }

    return NGX_CONF_OK;
}


char *
ngx_agent_conf_set_bare(ngx_conf_t *cf, const ngx_agent_row_t *row, void *conf)
{
    ngx_flag_t  *field;

    field = (ngx_flag_t *) ((char *) conf + row->offset);
    *field = 1;

    return NGX_CONF_OK;
}


char *
ngx_agent_conf_set_word(ngx_conf_t *cf, const ngx_agent_row_t *row, void *conf)
{
    ngx_str_t  *value;

    value = cf->args->elts;

    return ngx_agent_conf_word(cf, row->post, &value[1],
                               (char *) conf + row->offset);
}


char *
ngx_agent_conf_set_options(ngx_conf_t *cf, const ngx_agent_row_t *row,
    void *conf)
{
    return ngx_agent_conf_options(cf, 1, row->post,
                                  (char *) conf + row->offset, 0);
}


void
ngx_agent_conf_here(ngx_conf_t *cf, ngx_agent_place_t *place)
{
    place->file = cf->conf_file->file.name;
    place->line = cf->conf_file->line;
}


char *
ngx_agent_conf_error(ngx_conf_t *cf, ngx_agent_place_t *place,
    const char *fmt, ...)
{
    va_list  args;

    va_start(args, fmt);
    ngx_agent_conf_log(cf, NGX_LOG_EMERG, place, fmt, args);
    va_end(args);

    return NGX_CONF_ERROR;
}


void
ngx_agent_conf_warn(ngx_conf_t *cf, ngx_uint_t level,
    ngx_agent_place_t *place, const char *fmt, ...)
{
    va_list  args;

    va_start(args, fmt);
    ngx_agent_conf_log(cf, level, place, fmt, args);
    va_end(args);
}


static void
ngx_agent_conf_log(ngx_conf_t *cf, ngx_uint_t level, ngx_agent_place_t *place,
    const char *fmt, va_list args)
{
    u_char             text[NGX_MAX_CONF_ERRSTR], *p;
    ngx_agent_place_t  here;

    p = ngx_vslprintf(text, text + NGX_MAX_CONF_ERRSTR, fmt, args);

    if (place == NULL) {
        ngx_agent_conf_here(cf, &here);
        place = &here;
    }

    if (place->line == 0) {
        ngx_log_error(level, cf->log, 0, "agent: %*s",
                      (size_t) (p - text), text);
        return;
    }

    ngx_log_error(level, cf->log, 0, "agent: %*s in %V:%ui",
                  (size_t) (p - text), text, &place->file, place->line);
}
