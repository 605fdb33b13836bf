/*
 * Copyright (C) ngx_agent authors
 *
 * Takes out of a provider's, a library's or the system's text what a client
 * must not see.  One linear pass of a hand-written scanner; no regular
 * expression ever sees such a text.
 */


#ifndef _AG_SANITIZE_H_INCLUDED_
#define _AG_SANITIZE_H_INCLUDED_


#include "core/ag_base.h"
#include "core/ag_buf.h"


#define AG_SANITIZE_MAX  500        /* characters of a message */


/*
 * AG_SANITIZE_MESSAGE  for a message of ours: the first line of a stack
 *                      trace, at most AG_SANITIZE_MAX characters
 * AG_SANITIZE_VALUE    a string of a body that is forwarded: lines and length
 *                      stay; secrets, paths, traces, hosts and addresses go
 * AG_SANITIZE_SECRETS  for the log: keys and tokens alone go
 */
typedef enum {
    AG_SANITIZE_MESSAGE = 0,
    AG_SANITIZE_VALUE,
    AG_SANITIZE_SECRETS
} ag_sanitize_mode_t;


/*
 * Adds "text" to "out" without:
 *
 *   keys and tokens: known prefixes (sk-, sk_live_, pk-, rk_, AIza, ghp_,
 *     github_pat_, glpat-, xoxb-, AKIA, ya29., hf_, gsk_, nvapi-, r8_ ...),
 *     what follows "Bearer ", "Basic ", "api_key=", "token:", "password=" and
 *     their like, JWTs, PEM blocks, credentials in a URL, and runs of 20 or
 *     more of [A-Za-z0-9_+=] that mix letters and digits; "-", "." and "/"
 *     end a run, so model names live -> [redacted]
 *   absolute file paths (Unix, Windows, file:) -> [path]
 *   stack traces: "Traceback (most recent call last)", "at f (x.js:1:2)",
 *     "goroutine 1", 'File "x", line 1' ...: the sentence before stays
 *   internal host names (localhost, *.internal, *.local, *.svc, *.cluster
 *     .local, *.lan, *.corp, *.intra, a bare name with a port) and IP
 *     addresses with or without a port -> [host]
 *
 * Words, field paths ("messages[0].content"), model names, public URLs of
 * documentation, numbers, dates, request ids (req_..., chatcmpl-...) of
 * at most 40 characters stay as they are: a text without any of the above
 * comes out byte for byte.  Bytes that are no UTF-8 become U+FFFD.
 *
 * Returns AG_OK, or AG_LIMIT or AG_NOMEM with "out" as it was.  *changed (may
 * be NULL) is 1 if anything was taken out or cut.
 */
int ag_sanitize(ag_buf_t *out, ag_str_t text, ag_sanitize_mode_t mode,
    unsigned *changed);

/*
 * Does the same, as AG_SANITIZE_VALUE, to every string of a JSON text, keys of
 * objects included.  *changed is 0 and nothing is added if there is nothing
 * to take out: the text goes out as it came.  Else the whole is written anew,
 * numbers as they were.  "secrets", "count" of them, are whole values that
 * must not appear anywhere in a string either, however short.
 *
 * Returns AG_OK, AG_INVALID (not a JSON object of at most AG_ERROR_BODY_MAX
 * bytes), AG_LIMIT or AG_NOMEM.
 */
int ag_sanitize_json(ag_buf_t *out, ag_str_t json, const ag_str_t *secrets,
    size_t count, unsigned *changed);


#endif /* _AG_SANITIZE_H_INCLUDED_ */
