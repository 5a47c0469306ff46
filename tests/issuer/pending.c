#include "pending.h"

#include "text.h"

#include <openssl/crypto.h>
#include <pthread.h>
#include <string.h>
#include <time.h>

#define PENDING_MAX 16
#define PENDING_SECONDS 600

struct pending {
    pthread_mutex_t lock;
    size_t next; /* the slot that the next key takes */
    struct slot {
        char id[UUID_LEN + 1];
        char *download; /* NULL where the slot is free */
        time_t until;
    } slots[PENDING_MAX];
};

static time_t
monotonic(void)
{
    struct timespec now = {0};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}

static void
clear(struct slot *slot)
{
    if (slot->download)
        OPENSSL_cleanse(slot->download, strlen(slot->download));
    free(slot->download);
    *slot = (struct slot){0};
}

/* Finds a key's slot, after clearing those that are too old. The lock is held. */
static struct slot *
find(struct pending *pending, const char *id)
{
    struct slot *found = NULL;
    time_t now = monotonic();
    for (size_t i = 0; i < PENDING_MAX; i++) {
        struct slot *slot = &pending->slots[i];
        if (slot->download && now >= slot->until)
            clear(slot);
        if (slot->download && strcmp(slot->id, id) == 0)
            found = slot;
    }
    return found;
}

struct pending *
pending_new(void)
{
    struct pending *pending = must_alloc(sizeof(*pending));
    pthread_mutex_init(&pending->lock, NULL);
    return pending;
}

void
pending_free(struct pending *pending)
{
    if (!pending)
        return;
    for (size_t i = 0; i < PENDING_MAX; i++)
        clear(&pending->slots[i]);
    pthread_mutex_destroy(&pending->lock);
    free(pending);
}

void
pending_put(struct pending *pending, const char *id, const char *download)
{
    pthread_mutex_lock(&pending->lock);
    struct slot *slot = &pending->slots[pending->next];
    pending->next = (pending->next + 1) % PENDING_MAX;
    clear(slot);
    memcpy(slot->id, id, UUID_LEN + 1);
    slot->download = must_copy(download, strlen(download));
    slot->until = monotonic() + PENDING_SECONDS;
    pthread_mutex_unlock(&pending->lock);
}

bool
pending_has(struct pending *pending, const char *id)
{
    pthread_mutex_lock(&pending->lock);
    bool here = find(pending, id) != NULL;
    pthread_mutex_unlock(&pending->lock);
    return here;
}

char *
pending_take(struct pending *pending, const char *id)
{
    pthread_mutex_lock(&pending->lock);
    struct slot *slot = find(pending, id);
    char *download = slot ? slot->download : NULL;
    if (slot)
        *slot = (struct slot){0};
    pthread_mutex_unlock(&pending->lock);
    return download;
}
