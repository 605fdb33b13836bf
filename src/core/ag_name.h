/*
 * Copyright (C) ngx_agent authors
 *
 * Names of providers, tenants and models, and patterns of them: "gpt-5*"
 * stands for every name that begins with "gpt-5", "*" for every name.
 */


#ifndef _AG_NAME_H_INCLUDED_
#define _AG_NAME_H_INCLUDED_


#include "core/ag_base.h"


typedef enum {
    AG_NAME_PLAIN = 0,  /* of a provider or tenant */
    AG_NAME_MODEL,      /* as a provider knows it, "/" allowed */
    AG_NAME_PATTERN     /* as clients ask for it; may end with "*" */
} ag_name_kind_t;


/*
 * May this be such a name?  Returns NULL, or what is allowed instead, as the
 * end of a sentence.
 */
const char *ag_name_refuse(ag_str_t name, ag_name_kind_t kind);

/* Does the name end with "*"? */
int ag_name_is_pattern(ag_str_t name);

/* Is "name" what "pattern" says, or does it begin so? */
int ag_name_matches(ag_str_t pattern, ag_str_t name);

/* Is there a name that both patterns match? */
int ag_name_overlaps(ag_str_t a, ag_str_t b);

/* A hash of the name, the same in every process (FNV-1a). */
uint32_t ag_name_hash(ag_str_t name);


#endif /* _AG_NAME_H_INCLUDED_ */
