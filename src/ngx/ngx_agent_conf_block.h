/*
 * Copyright (C) ngx_agent authors
 *
 * Blocks and options of our directives, described by tables: a directive
 * inside a block is one row, a word "name=value" is one row, and every
 * refusal says where, what, and what is allowed.
 */


#ifndef _NGX_AGENT_CONF_BLOCK_H_INCLUDED_
#define _NGX_AGENT_CONF_BLOCK_H_INCLUDED_


#include "ngx/ngx_agent.h"


#define NGX_AGENT_ANY    ((ngx_uint_t) -1)  /* words: no upper bound */

#define NGX_AGENT_ONCE   0x01       /* row: may stand once in a block */

#define NGX_AGENT_ALLOWED_MAX  512  /* bytes of a list of allowed words */


typedef struct ngx_agent_row_s  ngx_agent_row_t;

typedef char *(*ngx_agent_row_pt)(ngx_conf_t *cf, const ngx_agent_row_t *row,
    void *conf);


/* A directive inside a block. */
struct ngx_agent_row_s {
    ngx_str_t                 name;
    ngx_uint_t                min;      /* words after the name */
    ngx_uint_t                max;      /* or NGX_AGENT_ANY */
    ngx_uint_t                flags;
    ngx_agent_row_pt          set;      /* cf->args holds the words */
    size_t                    offset;   /* in conf, for the setters below */
    const void               *post;
};


/*
 * What the value of an option is, and the type of the field it goes to.  A
 * number may have "names" too: words that stand for some of its values.
 */
typedef enum {
    NGX_AGENT_TIME = 0,     /* ngx_msec_t, ms */
    NGX_AGENT_COUNT,        /* ngx_uint_t, decimal: 200k is 200000 */
    NGX_AGENT_SIZE,         /* size_t, bytes: 200k is 204800 */
    NGX_AGENT_PERCENT,      /* ngx_uint_t, percent: 50% is 50 */
    NGX_AGENT_SHARE,        /* ngx_uint_t, thousandths: 0.5% is 5 */
    NGX_AGENT_FACTOR,       /* ngx_uint_t, percent: 1.5 is 150 */
    NGX_AGENT_ENUM,         /* ngx_uint_t, by "names" */
    NGX_AGENT_SET,          /* ngx_uint_t, bits by "names": "a,b" */
    NGX_AGENT_FLAG,         /* ngx_flag_t, the bare word: 1 */
    NGX_AGENT_STRING,       /* ngx_str_t, not empty */
    NGX_AGENT_VARIABLE      /* ngx_http_complex_value_t *, with a variable */
} ngx_agent_kind_t;


/*
 * A word of a directive: name=value, or the bare name of a flag, or, without
 * a name, a value alone.
 */
typedef struct {
    ngx_str_t                 name;
    ngx_agent_kind_t          kind;
    size_t                    offset;
    uint64_t                  min;
    uint64_t                  max;
    const ngx_conf_enum_t    *names;
} ngx_agent_option_t;


/* Is it a prefix location: no regular expression, not exact, not named? */
ngx_uint_t ngx_agent_conf_is_prefix(ngx_http_core_loc_conf_t *clcf);

/*
 * Parses the block that the current directive opens: its directives are
 * looked up in "rows", whose last one has no name; "include" is understood
 * too.
 */
char *ngx_agent_conf_block(ngx_conf_t *cf, const ngx_agent_row_t *rows,
    void *conf);

/*
 * Reads the words of the current directive from number "first" on; "options"
 * ends with a row without a name.  Fields of options that are not given stay
 * as they are.  With "secret" a word that is not understood is not shown if
 * it might be a key at the wrong place.
 */
char *ngx_agent_conf_options(ngx_conf_t *cf, ngx_uint_t first,
    const ngx_agent_option_t *options, void *conf, ngx_uint_t secret);

/* Reads a word as the value of an option without a name. */
char *ngx_agent_conf_word(ngx_conf_t *cf, const ngx_agent_option_t *option,
    ngx_str_t *word, void *conf);

/* Writes which values an option takes, as it follows "allowed ". */
u_char *ngx_agent_conf_allowed(u_char *p, u_char *last,
    const ngx_agent_option_t *option);

/* Setters of rows. */

/* "on" or "off" into an ngx_flag_t. */
char *ngx_agent_conf_set_flag(ngx_conf_t *cf, const ngx_agent_row_t *row,
    void *conf);

/* The bare directive: 1 into an ngx_flag_t. */
char *ngx_agent_conf_set_bare(ngx_conf_t *cf, const ngx_agent_row_t *row,
    void *conf);

/* Its one word, by an option without a name (row->post), at the offset. */
char *ngx_agent_conf_set_word(ngx_conf_t *cf, const ngx_agent_row_t *row,
    void *conf);

/* Options (row->post) into the structure at the offset. */
char *ngx_agent_conf_set_options(ngx_conf_t *cf, const ngx_agent_row_t *row,
    void *conf);

/* Remembers where the parser is. */
void ngx_agent_conf_here(ngx_conf_t *cf, ngx_agent_place_t *place);

/*
 * Logs "agent: ... in FILE:LINE" at level emerg, of that place (its line 0:
 * not known) or, with NULL, of where the parser is.  Returns NGX_CONF_ERROR.
 */
char *ngx_agent_conf_error(ngx_conf_t *cf, ngx_agent_place_t *place,
    const char *fmt, ...);

/* The same at level warn or notice. */
void ngx_agent_conf_warn(ngx_conf_t *cf, ngx_uint_t level,
    ngx_agent_place_t *place, const char *fmt, ...);


#endif /* _NGX_AGENT_CONF_BLOCK_H_INCLUDED_ */
