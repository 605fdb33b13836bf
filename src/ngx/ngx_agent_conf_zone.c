/*
 * Copyright (C) ngx_agent authors
 *
 * agent_zone NAME:SIZE [state=FILE]: the shared memory, and the file that
 * outlives it.  The file itself need not be there; its folder must.
 */


#include "ngx/ngx_agent_conf.h"


static char *ngx_agent_conf_zone_state(ngx_conf_t *cf, ngx_str_t *file);


static const ngx_agent_option_t  ngx_agent_zone_options[] = {

    { ngx_string("state"), NGX_AGENT_STRING,
      offsetof(ngx_agent_main_conf_t, state_file), 0, 0, NULL },

    { ngx_null_string, 0, 0, 0, 0, NULL }
};


char *
ngx_agent_conf_zone(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_agent_main_conf_t *amcf = conf;

    ngx_str_t  *value;

    value = cf->args->elts;

    if (amcf->zone != NULL) {
        return "is duplicate";
    }

    if (ngx_agent_conf_options(cf, 2, ngx_agent_zone_options, amcf, 0)
        != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    if (amcf->state_file.len
        && ngx_agent_conf_zone_state(cf, &amcf->state_file) != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    return ngx_agent_shm_zone(cf, amcf, &value[1]);
}


/* Makes the path absolute, and looks for what would fail much later. */

static char *
ngx_agent_conf_zone_state(ngx_conf_t *cf, ngx_str_t *file)
{
    u_char           *slash;
    ngx_str_t         folder;
    ngx_file_info_t   info;

    if (ngx_conf_full_name(cf->cycle, file, 1) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    if (ngx_agent_conf_signaller()) {
        return NGX_CONF_OK;
    }

    for (slash = file->data + file->len - 1; *slash != '/'; slash--) {
        /* void: the path is absolute */
    }

    folder.len = ngx_max(slash - file->data, 1);
    folder.data = ngx_pnalloc(cf->temp_pool, folder.len + 1);
    if (folder.data == NULL) {
        return NGX_CONF_ERROR;
    }

    (void) ngx_cpystrn(folder.data, file->data, folder.len + 1);

    if (ngx_file_info(folder.data, &info) == NGX_FILE_ERROR) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           "agent: folder \"%V\" of \"agent_zone state\" "
                           "\"%V\" cannot be used", &folder, file);
        return NGX_CONF_ERROR;
    }

    if (slash == file->data + file->len - 1
        || (ngx_file_info(file->data, &info) != NGX_FILE_ERROR
            && !ngx_is_file(&info)))
    {
        return ngx_agent_conf_error(cf, NULL,
                                    "invalid value \"%V\" of \"agent_zone "
                                    "state\": allowed is a file, which need "
                                    "not be there, in a folder that is",
                                    file);
    }

    return NGX_CONF_OK;
}
