/*
 * The details of an API key in ThriveStack's download. Its shape is not documented, so every
 * plausible spelling of a member is read, what is unknown is ignored, and nothing here can fail: a
 * detail that is missing or makes no sense stays unknown.
 */
#ifndef TS_WORKER_KEYDETAILS_H
#define TS_WORKER_KEYDETAILS_H

#include "common/json/tree.h"
#include "common/job/job.h"

/* Fills name, expiry, rotation and creation; the rest of *ret stays as it is. */
void ts_key_details_read(struct ts_json *download, struct ts_key_info *ret);

#endif
