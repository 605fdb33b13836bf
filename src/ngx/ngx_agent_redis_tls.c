/*
 * Copyright (C) ngx_agent authors
 *
 * Redis over TLS, where hiredis has it (1.0 and newer); elsewhere agent_redis
 * refuses it.  The certificate is verified, and that it is the host's.
 */


#include "ngx/ngx_agent_hiredis.h"


#if (NGX_AGENT_REDIS_TLS)


ngx_int_t
ngx_agent_redis_tls_init(ngx_agent_redis_link_t *link)
{
    SSL_CTX    *ctx;
    ngx_str_t  *ca;

    ctx = SSL_CTX_new(TLS_client_method());
    if (ctx == NULL) {
        return NGX_ERROR;
    }

    ca = &link->conf->tls_ca;

    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
    (void) SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
    (void) SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE
                                 |SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);

    if ((ca->len ? SSL_CTX_load_verify_locations(ctx, (char *) ca->data, NULL)
                 : SSL_CTX_set_default_verify_paths(ctx))
        != 1)
    {
        ERR_clear_error();
        SSL_CTX_free(ctx);
        return NGX_ERROR;
    }

    link->tls = ctx;

    return NGX_OK;
}


ngx_int_t
ngx_agent_redis_tls_start(ngx_agent_redis_link_t *link)
{
    SSL         *ssl;
    char        *host;
    ngx_uint_t   bad;

    ssl = SSL_new(link->tls);
    if (ssl == NULL) {
        return ngx_agent_redis_because(link, "no memory");
    }

    host = (char *) link->conf->host.data;

    bad = link->named
          ? (SSL_set_tlsext_host_name(ssl, host) != 1
             || SSL_set1_host(ssl, host) != 1)
          : (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host) != 1);

    if (bad) {
        SSL_free(ssl);
        return ngx_agent_redis_because(link, "no memory");
    }

    if (redisInitiateSSL(link->context, ssl) != REDIS_OK) {
        ERR_clear_error();
        SSL_free(ssl);
        return ngx_agent_redis_because(link, "the TLS handshake failed");
    }

    ERR_clear_error();
    link->ssl = ssl;

    return NGX_OK;
}


void
ngx_agent_redis_wire_free(ngx_agent_redis_link_t *link)
{
    SSL_CTX_free(link->tls);
    link->tls = NULL;
}


ngx_uint_t
ngx_agent_redis_tls_writes(ngx_agent_redis_link_t *link)
{
    ERR_clear_error();

    return !SSL_want_read((SSL *) link->ssl);
}


ngx_uint_t
ngx_agent_redis_tls_more(ngx_agent_redis_link_t *link)
{
    ERR_clear_error();

    return SSL_pending((SSL *) link->ssl) > 0;
}


ngx_uint_t
ngx_agent_redis_tls_failed(ngx_agent_redis_link_t *link)
{
    SSL   *ssl;
    long   verified;

    ssl = link->ssl;
    verified = SSL_get_verify_result(ssl);

    ERR_clear_error();

    if (verified != X509_V_OK) {
        (void) ngx_agent_redis_refuse(link, "its certificate is refused: %s",
                                      X509_verify_cert_error_string(verified));
        return 1;
    }

    if (!SSL_is_init_finished(ssl)) {
        (void) ngx_agent_redis_because(link, "the TLS handshake failed");
        return 1;
    }

    return 0;
}


#else


ngx_int_t
ngx_agent_redis_tls_init(ngx_agent_redis_link_t *link)
{
    return NGX_ERROR;
}


ngx_int_t
ngx_agent_redis_tls_start(ngx_agent_redis_link_t *link)
{
    return NGX_ERROR;
}


void
ngx_agent_redis_wire_free(ngx_agent_redis_link_t *link)
{
    /* void */
}


ngx_uint_t
ngx_agent_redis_tls_writes(ngx_agent_redis_link_t *link)
{
    return 0;
}


ngx_uint_t
ngx_agent_redis_tls_more(ngx_agent_redis_link_t *link)
{
    return 0;
}


ngx_uint_t
ngx_agent_redis_tls_failed(ngx_agent_redis_link_t *link)
{
    return 0;
}


#endif
