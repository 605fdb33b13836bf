/*
 * Copyright (C) ngx_agent authors
 *
 * Files that directives name, read whole and within bounds.
 */


#include "ngx/ngx_agent_conf.h"


static ssize_t ngx_agent_conf_file_fill(ngx_conf_t *cf, ngx_fd_t fd,
    const char *what, ngx_str_t *path, u_char *buf, size_t max);


ssize_t
ngx_agent_conf_file(ngx_conf_t *cf, const char *what, ngx_str_t *path,
    u_char *buf, size_t max)
{
    ssize_t   n;
    ngx_fd_t  fd;

    /* a FIFO must not hold up the start */

    fd = ngx_open_file(path->data, NGX_FILE_RDONLY|NGX_FILE_NONBLOCK,
                       NGX_FILE_OPEN, 0);

    if (fd == NGX_INVALID_FILE) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           "agent: \"%s\" file \"%V\" cannot be opened",
                           what, path);
        return NGX_ERROR;
    }

    n = ngx_agent_conf_file_fill(cf, fd, what, path, buf, max);

    if (ngx_close_file(fd) == NGX_FILE_ERROR) {
        ngx_conf_log_error(NGX_LOG_ALERT, cf, ngx_errno,
                           ngx_close_file_n " \"%V\" failed", path);
    }

    return n;
}


static ssize_t
ngx_agent_conf_file_fill(ngx_conf_t *cf, ngx_fd_t fd, const char *what,
    ngx_str_t *path, u_char *buf, size_t max)
{
    size_t   size;
    ssize_t  n;

    for (size = 0; size <= max; size += n) {

        n = ngx_read_fd(fd, buf + size, max + 1 - size);

        if (n == 0) {
            return size;
        }

        if (n == -1) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                               "agent: \"%s\" file \"%V\" cannot be read",
                               what, path);
            return NGX_ERROR;
        }
    }

    (void) ngx_agent_conf_error(cf, NULL,
                                "\"%s\" file \"%V\" is too large: allowed "
                                "are %uz bytes", what, path, max);

    return NGX_ERROR;
}
