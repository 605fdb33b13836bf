/*
 * Copyright (C) ngx_agent authors
 *
 * agent_zone NAME:SIZE: reads the directive, and knows how small a zone may
 * be.  How many names fit is told when they are added.
 */


#include "ngx/ngx_agent_conf_block.h"
#include "ngx/ngx_agent_table_parts.h"


#define NGX_AGENT_SHM_STEP  (64 * 1024)     /* bytes; the smallest zone is a
                                               multiple of it */


static size_t ngx_agent_shm_zone_min(void);


char *
ngx_agent_shm_zone(ngx_conf_t *cf, ngx_agent_main_conf_t *amcf,
    ngx_str_t *value)
{
    u_char     *colon;
    size_t      min;
    ssize_t     size;
    ngx_str_t   name, text;

    if (amcf->zone != NULL) {
        return "is duplicate";
    }

    colon = ngx_strlchr(value->data, value->data + value->len, ':');

    if (colon == NULL || colon == value->data) {
        return ngx_agent_conf_error(cf, NULL,
                                    "invalid zone \"%V\" of \"agent_zone\": "
                                    "allowed is NAME:SIZE", value);
    }

    name.data = value->data;
    name.len = colon - value->data;
    text.data = colon + 1;
    text.len = value->data + value->len - text.data;

    size = ngx_parse_size(&text);

    if (size == NGX_ERROR) {
        return ngx_agent_conf_error(cf, NULL,
                                    "invalid size \"%V\" of \"agent_zone\": "
                                    "allowed are bytes, like 8388608, 8192k "
                                    "or 8m", &text);
    }

    min = ngx_agent_shm_zone_min();

    if ((size_t) size < min) {
        return ngx_agent_conf_error(cf, NULL,
                                    "size \"%V\" of \"agent_zone\" is too "
                                    "small: allowed is %uzk or more", &text,
                                    min / 1024);
    }

    amcf->zone = ngx_shared_memory_add(cf, &name, size, &ngx_agent_module);
    if (amcf->zone == NULL) {
        return NGX_CONF_ERROR;
    }

    amcf->zone->init = ngx_agent_shm_init;
    amcf->zone->data = amcf;

    return NGX_CONF_OK;
}


/*
 * Bytes that a zone needs for its fixed parts and the rows that are always
 * there.  Names come on top: a tenant takes 256 bytes, a model 1 kB, a target
 * 512 bytes.
 */
static size_t
ngx_agent_shm_zone_min(void)
{
    size_t      rows, size;
    ag_scope_t  i;

    rows = sizeof(ngx_agent_zone_t);
    size = NGX_MAX_PROCESSES * ngx_agent_shm_process_size()
           + ngx_agent_state_size() + ngx_pagesize;

    for (i = 0; i < AG_SCOPE_MAX; i++) {
        rows += ngx_agent_shm_series_size(i)
                * ((i == AG_SCOPE_ERROR) ? AG_E_MAX : 1);
        size += ngx_agent_shm_max(i) * sizeof(ngx_agent_series_t *)
                + ngx_pagesize;
    }

    /*
     * The allocator doubles what is small at worst, begins a page for every
     * power of two, and describes each page.
     */

    size += 2 * rows + ngx_pagesize_shift * ngx_pagesize;
    size += ngx_agent_table_size(2 * size);
    size += size / ngx_pagesize * sizeof(ngx_slab_page_t);

    return ngx_align(size, NGX_AGENT_SHM_STEP);
}
