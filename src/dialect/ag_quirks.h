/*
 * Copyright (C) ngx_agent authors
 *
 * How servers that speak OpenAI's dialect differ from OpenAI, as data.  Read
 * only where a request is written by us; what a client of the same dialect
 * sends is forwarded as it came.
 */


#ifndef _AG_QUIRKS_H_INCLUDED_
#define _AG_QUIRKS_H_INCLUDED_


#include "dialect/ag_dialect.h"


typedef enum {
    AG_REASONING_DROP = 0,      /* history carries none */
    AG_REASONING_CONTENT,       /* "reasoning_content" of a message */
    AG_REASONING_DETAILS        /* OpenRouter's "reasoning_details" */
} ag_reasoning_field_t;


typedef struct {
    const char            *name;            /* of "quirks" in nginx.conf */
    const char            *hosts;           /* ends of host names that mean it,
                                               separated by spaces */
    const char            *max_tokens;      /* the field's name */
    const char            *seed;            /* NULL: there is none */
    const char            *required;        /* tool_choice's word for "one of
                                               them": "required", "any" */
    const char            *effort;          /* field of the reasoning effort;
                                               NULL: there is none; a dot goes
                                               one level deeper:
                                               "reasoning.effort" */
    const char            *user;            /* NULL: there is none */
    ag_reasoning_field_t   reasoning;       /* of assistant messages sent */
    unsigned               developer:1;     /* knows the role developer */
    unsigned               short_ids:1;     /* tool ids: 9 letters, digits */
    unsigned               json_schema:1;   /* response_format json_schema */
    unsigned               stream_options:1;
    unsigned               parallel:1;      /* parallel_tool_calls */
    unsigned               strict:1;        /* "strict" of tools */
    unsigned               top_k:1;
    unsigned               penalties:1;
    unsigned               logprobs:1;
    unsigned               choices:1;       /* n */
    unsigned               service_tier:1;
    unsigned               cache_control:1; /* on parts of content */
    unsigned               images:1;        /* image_url */
    unsigned               files:1;         /* parts of type file */
    unsigned               extras:1;        /* store, metadata, verbosity,
                                               prompt_cache_key,
                                               prediction, logit_bias */
    unsigned               custom:1;        /* custom tools */
    unsigned               responses:1;     /* serves /responses */
} ag_quirks_t;


/* By its name, or NULL. */
const ag_quirks_t *ag_quirks_find(ag_str_t name);

/* By the host of a URL; OpenAI's own if none fits. */
const ag_quirks_t *ag_quirks_of_host(ag_str_t host);

/* The allowed names, for an error: "openai, mistral, ...". */
const char *ag_quirks_names(void);


#endif /* _AG_QUIRKS_H_INCLUDED_ */
