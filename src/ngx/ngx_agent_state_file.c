/*
 * Copyright (C) ngx_agent authors
 *
 * "state=FILE" of agent_zone: budgets and long windows outlive a restart.
 * Read when a zone is made anew; written every ten seconds by one of the
 * workers, a slice of the table at a time, and by the master when it ends.  A
 * new file takes the place of the old one when it is whole.
 */


#include "ngx/ngx_agent_limit.h"
#include "core/ag_state_file.h"


#define NGX_AGENT_STATE_FILE_EVERY  10000   /* ms */
#define NGX_AGENT_STATE_FILE_TURN   5       /* ms between two slices */
#define NGX_AGENT_STATE_FILE_SLICE  2048    /* buckets */
#define NGX_AGENT_STATE_FILE_MAX    (1024 * 1024 * 1024)    /* bytes */


/* A file that is being written; of this process. */
typedef struct {
    ngx_agent_main_conf_t    *main;
    ngx_event_t               event;
    ngx_fd_t                  fd;
    u_char                   *temporary;    /* its name, terminated */
    ngx_uint_t                bucket;
    ag_buf_t                  out;
    ag_now_t                  now;
    ngx_uint_t                failed;       /* it was said */
} ngx_agent_state_file_t;


static ngx_int_t ngx_agent_state_file_apply(ngx_slab_pool_t *pool,
    ngx_agent_zone_t *shared, ag_str_t text, ngx_log_t *log);
static void ngx_agent_state_file_grow(void *to, void *from, void *data);
static void ngx_agent_state_file_on_timer(ngx_event_t *ev);
static ngx_int_t ngx_agent_state_file_open(ngx_agent_state_file_t *file);
static void ngx_agent_state_file_drop(ngx_agent_state_file_t *file);
static ngx_int_t ngx_agent_state_file_slice(ngx_agent_state_file_t *file);
static ngx_int_t ngx_agent_state_file_add(ngx_agent_entry_t *entry,
    void *data);
static ngx_int_t ngx_agent_state_file_close(ngx_agent_state_file_t *file);
static void ngx_agent_state_file_fail(ngx_agent_state_file_t *file,
    const char *what);
static uint64_t ngx_agent_state_file_wall(void);


static ngx_agent_state_file_t  ngx_agent_state_file;


/* ---- reading ---- */


void
ngx_agent_state_file_read(ngx_agent_main_conf_t *amcf,
    ngx_agent_zone_t *shared, ngx_log_t *log)
{
    u_char      *text;
    size_t       size;
    ssize_t      n;
    ngx_file_t   file;
    ngx_file_info_t  info;

    if (amcf->state_file.len == 0) {
        return;
    }

    ngx_memzero(&file, sizeof(ngx_file_t));
    file.name = amcf->state_file;
    file.log = log;
    file.fd = ngx_open_file(file.name.data, NGX_FILE_RDONLY, NGX_FILE_OPEN, 0);

    if (file.fd == NGX_INVALID_FILE) {

        if (ngx_errno != NGX_ENOENT) {
            ngx_log_error(NGX_LOG_ERR, log, ngx_errno,
                          "agent: state file \"%V\" cannot be read, budgets "
                          "begin anew", &file.name);
        }

        return;
    }

    text = NULL;

    if (ngx_fd_info(file.fd, &info) != NGX_FILE_ERROR
        && ngx_file_size(&info) <= NGX_AGENT_STATE_FILE_MAX)
    {
        size = (size_t) ngx_file_size(&info);
        text = ngx_alloc(size + 1, log);
        n = text ? ngx_read_file(&file, text, size, 0) : NGX_ERROR;

        if (n == NGX_ERROR
            || ngx_agent_state_file_apply(
                   (ngx_slab_pool_t *) amcf->zone->shm.addr, shared,
                   ag_str(text, (size_t) n), log)
               != NGX_OK)
        {
            ngx_log_error(NGX_LOG_ERR, log, 0,
                          "agent: state file \"%V\" is not one of this "
                          "version, budgets begin anew", &file.name);
        }
    }

    ngx_free(text);
    ngx_close_file(file.fd);
}


static ngx_int_t
ngx_agent_state_file_apply(ngx_slab_pool_t *pool, ngx_agent_zone_t *shared,
    ag_str_t text, ngx_log_t *log)
{
    int                 rc;
    uint64_t            id[2], written, elapsed;
    ag_now_t            now;
    ag_window_t        *window, *target;
    ngx_agent_entry_t  *entry;

    if (ag_state_file_read_head(&text, &written) != AG_OK) {
        return NGX_ERROR;
    }

    window = ngx_alloc(AG_STATE_FILE_RECORD_MAX, log);
    if (window == NULL) {
        return NGX_ERROR;
    }

    now.us = ngx_agent_table_now();
    now.wall = (int64_t) ngx_time();
    elapsed = ngx_agent_state_file_wall();
    elapsed = (elapsed > written) ? elapsed - written : 0;

    for ( ;; ) {
        rc = ag_state_file_read(&text, id, window, AG_STATE_FILE_RECORD_MAX,
                                &now, elapsed);
        if (rc == AG_LIMIT) {
            continue;
        }

        if (rc != AG_OK) {
            break;
        }

        /* one that no configuration names, a key's or a session's, too */

        entry = ngx_agent_table_fix(pool, shared, id, NGX_AGENT_ENTRY_WINDOW,
                                    sizeof(ag_window_t)
                                    + window->capacity * sizeof(uint64_t),
                                    0, 0, ngx_agent_state_file_grow, window);
        if (entry == NULL) {
            continue;
        }

        target = ngx_agent_entry_window(entry);

        if (target->kind == 0 && target->capacity == 0) {
            ngx_memcpy(target, window,
                       sizeof(ag_window_t)
                       + window->capacity * sizeof(uint64_t));

        } else {
            ag_window_copy(target, window);
            ag_window_convert(target, window);
        }
    }

    ngx_free(window);

    return NGX_OK;
}


/* What the file remembers is copied over it anyway. */
static void
ngx_agent_state_file_grow(void *to, void *from, void *data)
{
    return;
}


/* ---- writing ---- */


ngx_int_t
ngx_agent_state_file_init_process(ngx_cycle_t *cycle,
    ngx_agent_main_conf_t *amcf)
{
    ngx_agent_state_file_t  *file;

    static ngx_connection_t  dummy;     /* nginx's debug log asks for one */

    if (amcf->state_file.len == 0 || amcf->shared == NULL) {
        return NGX_OK;
    }

    file = &ngx_agent_state_file;
    ngx_memzero(file, sizeof(ngx_agent_state_file_t));

    file->main = amcf;
    file->fd = NGX_INVALID_FILE;
    ag_buf_init(&file->out, NGX_AGENT_STATE_FILE_MAX);

    dummy.fd = (ngx_socket_t) -1;
    dummy.data = file;

    file->event.handler = ngx_agent_state_file_on_timer;
    file->event.data = &dummy;
    file->event.log = cycle->log;
    file->event.cancelable = 1;

    ngx_add_timer(&file->event, NGX_AGENT_STATE_FILE_EVERY);

    return NGX_OK;
}


/* Whoever comes first after ten seconds writes, the others wait. */
static void
ngx_agent_state_file_on_timer(ngx_event_t *ev)
{
    ngx_int_t                rc;
    ngx_connection_t        *dummy;
    ngx_atomic_uint_t        seen;
    ngx_agent_state_file_t  *file;

    dummy = ev->data;
    file = dummy->data;

    if (ngx_exiting) {
        return;         /* the zone may not be the newest any more */
    }

    if (file->fd == NGX_INVALID_FILE) {
        seen = file->main->shared->saved;

        if ((ngx_msec_t) (ngx_current_msec - seen)
            < NGX_AGENT_STATE_FILE_EVERY
            || !ngx_atomic_cmp_set(&file->main->shared->saved, seen,
                                   ngx_current_msec)
            || ngx_agent_state_file_open(file) != NGX_OK)
        {
            ngx_add_timer(ev, NGX_AGENT_STATE_FILE_EVERY / 4);
            return;
        }
    }

    rc = ngx_agent_state_file_slice(file);

    if (rc == NGX_DONE) {
        (void) ngx_agent_state_file_close(file);
    }

    ngx_add_timer(ev, rc == NGX_OK ? NGX_AGENT_STATE_FILE_TURN
                                   : NGX_AGENT_STATE_FILE_EVERY);
}


void
ngx_agent_state_file_exit_process(ngx_agent_main_conf_t *amcf)
{
    ngx_agent_state_file_t  *file;

    file = &ngx_agent_state_file;

    if (file->main != NULL && file->fd != NGX_INVALID_FILE) {
        ngx_agent_state_file_drop(file);    /* half of it is of no use */
    }

    ag_buf_free(&file->out);
}


void
ngx_agent_state_file_exit_master(ngx_cycle_t *cycle,
    ngx_agent_main_conf_t *amcf)
{
    ngx_int_t                rc;
    ngx_agent_state_file_t  *file;

    if (amcf->state_file.len == 0 || amcf->shared == NULL) {
        return;
    }

    file = &ngx_agent_state_file;
    ngx_memzero(file, sizeof(ngx_agent_state_file_t));

    file->main = amcf;
    file->event.log = cycle->log;
    ag_buf_init(&file->out, NGX_AGENT_STATE_FILE_MAX);

    if (ngx_agent_state_file_open(file) != NGX_OK) {
        return;
    }

    do {
        rc = ngx_agent_state_file_slice(file);
    } while (rc == NGX_OK);

    if (rc == NGX_DONE) {
        (void) ngx_agent_state_file_close(file);
    }

    ag_buf_free(&file->out);
}


static ngx_int_t
ngx_agent_state_file_open(ngx_agent_state_file_t *file)
{
    u_char     *name;
    ngx_str_t  *path;

    static u_char  temporary[NGX_MAX_PATH];

    name = temporary;
    path = &file->main->state_file;

    if (path->len + NGX_INT64_LEN + 2 > sizeof(temporary)) {
        return NGX_ERROR;
    }

    *ngx_sprintf(name, "%V.%P", path, ngx_pid) = '\0';

    file->temporary = name;
    file->bucket = 0;
    file->out.len = 0;
    file->now.us = ngx_agent_table_now();
    file->now.wall = (int64_t) ngx_time();

    /* the folder is the workers', and the master is root */

    (void) ngx_delete_file(name);

    file->fd = open((char *) name, O_WRONLY|O_CREAT|O_EXCL|O_NOFOLLOW, 0600);

    if (file->fd == NGX_INVALID_FILE) {
        ngx_agent_state_file_fail(file, "opened");
        return NGX_ERROR;
    }

    if (ag_state_file_head(&file->out, ngx_agent_state_file_wall())
        != AG_OK)
    {
        ngx_agent_state_file_drop(file);
        return NGX_ERROR;
    }

    return NGX_OK;
}


static void
ngx_agent_state_file_drop(ngx_agent_state_file_t *file)
{
    ngx_close_file(file->fd);
    (void) ngx_delete_file(file->temporary);
    file->fd = NGX_INVALID_FILE;
}


/* NGX_OK: more to come; NGX_DONE; NGX_ERROR. */
static ngx_int_t
ngx_agent_state_file_slice(ngx_agent_state_file_t *file)
{
    size_t     at;
    ssize_t    n;
    ngx_int_t  rc;

    rc = ngx_agent_table_walk(file->main->shared, &file->bucket,
                              NGX_AGENT_STATE_FILE_SLICE,
                              ngx_agent_state_file_add, file);

    for (at = 0; at < file->out.len; at += (size_t) n) {
        n = ngx_write_fd(file->fd, file->out.data + at, file->out.len - at);

        if (n <= 0) {
            ngx_agent_state_file_fail(file, "written");
            ngx_agent_state_file_drop(file);

            return NGX_ERROR;
        }
    }

    file->out.len = 0;

    return rc;
}


/*
 * Read without the tenant's lock: a window that is being changed is written
 * as it was a moment ago or will be, which its next record mends.
 */
static ngx_int_t
ngx_agent_state_file_add(ngx_agent_entry_t *entry, void *data)
{
    ngx_agent_state_file_t *file = data;

    ag_window_t  *window;

    if (entry->kind != NGX_AGENT_ENTRY_WINDOW || entry->moved != NULL) {
        return NGX_OK;
    }

    window = ngx_agent_entry_window(entry);

    if (ag_state_file_keeps(window, &file->now)) {
        (void) ag_state_file_write(&file->out, entry->id, window, &file->now);
    }

    return NGX_OK;
}


static ngx_int_t
ngx_agent_state_file_close(ngx_agent_state_file_t *file)
{
    ngx_close_file(file->fd);
    file->fd = NGX_INVALID_FILE;

    if (ngx_rename_file(file->temporary, file->main->state_file.data)
        == NGX_FILE_ERROR)
    {
        ngx_agent_state_file_fail(file, "put in its place");
        (void) ngx_delete_file(file->temporary);
        return NGX_ERROR;
    }

    file->failed = 0;

    return NGX_OK;
}


static void
ngx_agent_state_file_fail(ngx_agent_state_file_t *file, const char *what)
{
    if (file->failed) {
        return;
    }

    file->failed = 1;

    ngx_log_error(NGX_LOG_ERR, file->event.log, ngx_errno,
                  "agent: state file \"%V\" cannot be %s; its folder must "
                  "be writable for the user of the workers",
                  &file->main->state_file, what);
}


static uint64_t
ngx_agent_state_file_wall(void)
{
    struct timespec  ts;

    (void) clock_gettime(CLOCK_REALTIME, &ts);

    return (uint64_t) ts.tv_sec * 1000000 + (uint64_t) ts.tv_nsec / 1000;
}
