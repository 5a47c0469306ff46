/* The certificate authorities of ca_file. */
#ifndef TS_WORKER_AUTHORITIES_H
#define TS_WORKER_AUTHORITIES_H

#include "common/base/error.h"
#include "common/base/secret.h"
#include "common/config/request.h"

#define TS_CA_FILE_MAX ((size_t)4 * 1024 * 1024)

/* Appends the contents of endpoint->ca_file, which decides which server gets the key and so has the
 * rules of credential.conf. *ret stays empty where there is none. Returns 0, TS_ERR_CONFIG or
 * TS_ERR_NOMEM. */
int ts_authorities_read(const struct ts_endpoint *endpoint, struct ts_secret *ret,
                        struct ts_err *err);

#endif
