/*
 * Copyright (C) ngx_agent authors
 *
 * The request that the load generator sends.  Calls of a million keys would
 * be a gigabyte: there is one text, into which a key's number is written
 * before it is sent.
 */

#define _GNU_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "request.h"


#define REQUEST_STEP    618034003     /* a prime: each number comes once before
                                         any comes twice */
#define REQUEST_DIGITS  (sizeof(REQUEST_MARK) - 1)


int
request_read(request_t *r, const char *name)
{
    int          fd;
    struct stat  info;

    fd = open(name ? name : "", O_RDONLY|O_CLOEXEC);

    if (fd == -1 || fstat(fd, &info) != 0) {
        return -1;
    }

    r->len = info.st_size;
    r->text = malloc(r->len);

    if (r->text == NULL || read(fd, r->text, r->len) != info.st_size) {
        return -1;
    }

    if (r->keys != 0) {
        r->mark = memmem(r->text, r->len, REQUEST_MARK, REQUEST_DIGITS);
        r->next = r->from;

        if (r->mark == NULL) {
            errno = EINVAL;
            return -1;
        }
    }

    return close(fd);
}


uint64_t
request_next(request_t *r)
{
    uint64_t  number;

    if (r->mark == NULL) {
        return 0;
    }

    number = r->next++ * REQUEST_STEP % r->keys;

    if (r->next >= r->to) {
        r->next = r->from;
    }

    return number;
}


void
request_set(request_t *r, uint64_t number)
{
    size_t  i;

    if (r->mark == NULL) {
        return;
    }

    for (i = REQUEST_DIGITS; i-- > 0; /* void */ ) {
        r->mark[i] = (char) ('0' + number % 10);
        number /= 10;
    }
}
