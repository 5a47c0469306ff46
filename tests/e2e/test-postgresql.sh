#!/bin/sh
# packaging/recipes/postgresql.md with the real PostgreSQL. usage: test-postgresql.sh PREFIX ISSUER BUILDDIR
# shellcheck source=tests/e2e/lib.sh disable=SC2034 # servers.sh uses them.
. "$(dirname "$0")/lib.sh"
e2e_enter "$@"
recipes=postgresql
service=postgresql
# shellcheck source=tests/e2e/servers.sh
. "$SOURCE/servers.sh"
for programs in /usr/lib/postgresql/*/bin; do :; done
need_server "$programs/initdb"

# A server with TLS, whose roles have passwords of its own.
set_up_postgresql() {
    install -d -o postgres -g postgres -m 700 "$W/pg" "$W/home/postgres" &&
        install -d -o postgres -g postgres /run/postgresql &&
        install -o postgres -m 644 "$W/issuer/server.pem" "$W/pg.pem" &&
        install -o postgres -m 600 "$W/issuer/server.key" "$W/pg.key" || die 'no folders for PostgreSQL'
    as postgres "$programs/initdb" --no-sync --auth-local peer --auth-host scram-sha-256 -D "$W/pg/data" \
        >"$W/initdb.log" 2>&1 || die 'initdb'
    serve_as postgres "$programs/postgres" -D "$W/pg/data" -c fsync=off -c ssl=on -c listen_addresses=127.0.0.1 \
        -c "ssl_cert_file=$W/pg.pem" -c "ssl_key_file=$W/pg.key" -c unix_socket_directories=/run/postgresql \
        >"$W/postgresql.log" 2>&1 &
    await 20 test -S /run/postgresql/.s.PGSQL.5432 && await 10 sql '' || die 'PostgreSQL does not start'
    for role in alice bob; do
        sql "CREATE ROLE $role LOGIN PASSWORD 'of-the-database'" || die 'no roles'
    done
}

sql() {
    as postgres psql -XAtq -c "$1"
}

# connect USER PASSWORD [SSLMODE]
connect() {
    as alice env PGPASSWORD="$2" PGSSLROOTCERT="$W/ca.pem" \
        psql -XAtq -w "host=localhost hostaddr=127.0.0.1 sslmode=${3:-verify-full} user=$1 dbname=postgres" \
        -c 'SELECT current_user'
}

ask() {
    [ "$(connect "$@" 2>"$W/psql.err")" = "$1" ] && return 0
    grep -q 'authentication failed' "$W/psql.err" || { cat "$W/psql.err" && return 126; }
    return 1
}

enable() {
    ask alice of-the-database || fail 'before, by the password'
    run_block on_host postgresql
    await 5 by_token_alone || fail 'the server does not read its file again'
}

by_token_alone() {
    ! ask alice of-the-database
}

passwords() {
    ask bob of-the-database || fail 'a role outside the group, by password'
    refused 'a role outside the group, by another password' ask bob bob-password
    refused 'the password of the system' ask alice alice-password
    expect postgres 'postgres itself, at the socket' sql 'SELECT current_user'
    # Without TLS the line for tokens does not fit, and the next one asks for the password.
    log_from=$(wc -c <"$W/syslog")
    ! connect alice "$(sign alices)" disable || fail 'a token without TLS'
    ! log_has 'service=postgresql ' || fail 'the module was asked without TLS'
}

lengths() {
    passes 6000
    passes 8000
}

no_token_is_kept() {
    no_secret_in "$W/syslog" "$W/postgresql.log"
}

set_up_host
set_up_postgresql
try_server enable tokens passwords lengths no_token_is_kept
