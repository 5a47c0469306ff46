#!/bin/sh
# The pair at work: git over TLS through nginx with auth_pam and git http-backend, the helper
# supplying the token. usage: test-nginx-git.sh PREFIX ISSUER BUILDDIR
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
e2e_enter "$@"

repository=https://localhost:8443/project.git

# ---- the server

set_up_policy() {
    start_issuer
    api_key laptop
    {
        printf '[service git]\nscopes = user_management\n\n'
        printf '[service git-admin]\nscopes = user_management administration\n\n'
        key_section laptop alice
    } >"$CONF/policy.conf"
    for service in git git-admin; do
        sed "s|pam_thrivestack.so|$MODULE|" "$SAMPLES/git" >"/etc/pam.d/$service"
    done
}

# location LINE: where a server hands everything to git, once that line of its configuration lets it.
location() {
    cat <<END
    location / {
        $1
        include /etc/nginx/fastcgi_params;
        fastcgi_param HTTP_AUTHORIZATION "";
        fastcgi_param SCRIPT_FILENAME /usr/lib/git-core/git-http-backend;
        fastcgi_param GIT_HTTP_EXPORT_ALL "";
        fastcgi_param GIT_PROJECT_ROOT $W/git;
        fastcgi_param PATH_INFO \$uri;
        fastcgi_param REMOTE_USER \$remote_user;
        fastcgi_pass unix:$W/fcgi/socket;
    }
END
}

# What a server that takes Bearer does with a request: it asks the module about alice, through the server
# beside it, which takes Basic.
write_bearer_check() {
    cat >"$W/bearer" <<END
#!/bin/sh
token=\${HTTP_AUTHORIZATION#Bearer }
status=401
if [ "\$token" != "\$HTTP_AUTHORIZATION" ]; then
    status=\$(printf 'user = "alice:%s"\n' "\$token" |
        curl -s -K - -o /dev/null -w '%{http_code}' --cacert $W/ca.pem $repository/HEAD)
fi
printf 'Status: %s\nWWW-Authenticate: Bearer realm="git"\n\n' "\$status"
END
    chmod 755 "$W/bearer"
    serve_as www-data "$(command -v fcgiwrap)" -c 1 -s "unix:$W/fcgi/bearer" >"$W/fcgi-bearer.log" 2>&1 &
}

set_up_server() {
    install -d -o www-data -g www-data "$W/git" "$W/fcgi"
    as www-data git init -q --bare -b main "$W/git/project.git" || die 'no repository'
    # With Bearer there is no user name, without which git takes no push of its own accord.
    as www-data git --git-dir="$W/git/project.git" config http.receivepack true
    serve_as www-data "$(command -v fcgiwrap)" -c 1 -s "unix:$W/fcgi/socket" >"$W/fcgi.log" 2>&1 &
    write_bearer_check
    start_nginx <<END
server {
    listen 127.0.0.1:8443 ssl;
$(location '@AUTH_PAM git@')
}
server {
    listen 127.0.0.1:8444 ssl;
$(location '@AUTH_PAM git@')
}
server {
    listen 127.0.0.1:8445 ssl;
$(location '@AUTH_PAM git-admin@')
}
server {
    listen 127.0.0.1:8446 ssl;
$(location 'auth_request /bearer;')
    location = /bearer {
        internal;
        include /etc/nginx/fastcgi_params;
        fastcgi_param SCRIPT_FILENAME $W/bearer;
        fastcgi_pass_request_body off;
        fastcgi_param CONTENT_LENGTH "";
        fastcgi_pass unix:$W/fcgi/bearer;
    }
}
END
    await 10 port_is_open 8443 && await 10 test -S "$W/fcgi/socket" &&
        await 10 test -S "$W/fcgi/bearer" || die 'the servers do not start'
}

# ---- the laptop: carol there is alice on the server

set_up_laptop() {
    install_key carol laptop \
        '[host localhost:8443]' 'username = alice' \
        '[host localhost:8444]' 'username = alice' 'scopes = telemetry_apis' \
        '[host localhost:8445]' 'username = alice' \
        '[host localhost:8446]' 'username = alice' 'auth = bearer'
    cat >"$W/home/carol/.gitconfig" <<END
[user]
    name = Carol
    email = carol@example.com
[http]
    sslCAInfo = $W/ca.pem
[init]
    defaultBranch = main
[credential]
    helper = thrivestack
END
}

# carol_git ARGUMENT...: nobody is there to be asked.
carol_git() {
    as carol env GIT_TERMINAL_PROMPT=0 git -C "$W/home/carol" "$@"
}

# What the server's repository has on its main branch.
server_head() {
    git --git-dir="$W/git/project.git" -c safe.directory='*' rev-parse --verify -q main
}

# commit FOLDER TEXT: a commit in a clone.
commit() {
    echo "$2" >>"$W/home/carol/$1/file"
    chown carol:carol "$W/home/carol/$1/file"
    carol_git -C "$1" add file && carol_git -C "$1" commit -q -m "$2"
}

# refused_by_server WHAT REASON GIT-ARGUMENT...: git fails, and the module says why.
refused_by_server() {
    what=$1
    reason=$2
    shift 2
    refused "$what" carol_git "$@"
    logged "reason=$reason user=alice service=git"
}

# ---- cases

clone_and_push() {
    carol_git clone -q "$repository" first || fail 'clone'
    commit first one && carol_git -C first push -q origin HEAD:main || fail 'push'
    [ "$(server_head)" = "$(carol_git -C first rev-parse HEAD)" ] || fail 'the server has another commit'
    carol_git clone -q "$repository" second && [ "$(cat "$W/home/carol/second/file")" = one ] || fail 'second clone'
    commit second two && carol_git -C second push -q origin HEAD:main || fail 'second push'
    logged 'reason=ok user=alice service=git '
    [ "$(requests)" = 1 ] || fail "$(requests) requests at the endpoint for all of that"
}

anonymous() {
    status=$(curl -s -o /dev/null -w '%{http_code}' --cacert "$W/ca.pem" "$repository/info/refs?service=git-upload-pack")
    [ "$status" = 401 ] || fail "status $status without a token"
    status=$(curl -s -o /dev/null -w '%{http_code}' --cacert "$W/ca.pem" -u alice:alice-password "$repository/info/refs?service=git-upload-pack")
    [ "$status" = 401 ] || fail "status $status for a password"
}

wrong_scope() {
    refused_by_server 'a token of another scope' scope_missing clone -q https://localhost:8444/project.git x
    refused_by_server 'a token without one of two scopes' scope_missing clone -q https://localhost:8445/project.git x
    [ ! -e "$W/home/carol/x" ] || fail 'something was cloned'
}

other_host() {
    before=$(wc -l <"$W/nginx/access.log")
    refused 'a host without a section' carol_git clone -q https://127.0.0.1:8443/project.git x
    tail -n "+$((before + 1))" "$W/nginx/access.log" | grep -q ' 401 ' || fail 'the server was not asked'
    ! log_has 'service=git' || fail 'it got a credential'
    refused "another user's name" carol_git clone -q https://bob@localhost:8443/project.git x
    # git sends the name of the URL on its own account; what matters is that it was given nothing.
    printf 'protocol=https\nhost=localhost:8443\nusername=bob\n\n' |
        as carol git-credential-thrivestack get >"$W/answer" || fail 'the helper failed'
    [ ! -s "$W/answer" ] || fail 'a credential for another user'
}

# The host's policy decides for each request, so taking a key out of it ends everything at once.
revoked_policy() {
    cp "$CONF/policy.conf" "$W/policy.away"
    carol_git ls-remote "$repository" || fail 'before'
    sed -i '/^\[key/,$d' "$CONF/policy.conf"
    head=$(server_head)
    commit second three
    refused_by_server 'a key taken out of policy.conf' '(unknown_user|unknown_key)' -C second push -q origin HEAD:main
    [ "$(server_head)" = "$head" ] || fail 'the push went through'
    cp "$W/policy.away" "$CONF/policy.conf"
    carol_git -C second push -q origin HEAD:main || fail 'after it was put back'
}

# Before 2.46 git knows nothing of Bearer.
git_knows_bearer() {
    git credential capability </dev/null 2>/dev/null | grep -q authtype
}

bearer() {
    bearer_url=https://localhost:8446/project.git
    carol_git clone -q "$bearer_url" bearer || fail 'clone'
    commit bearer four && carol_git -C bearer push -q origin HEAD:main || fail 'push'
    [ "$(server_head)" = "$(carol_git -C bearer rev-parse HEAD)" ] || fail 'the server has another commit'
    logged 'reason=ok user=alice service=git '
    cp "$CONF/policy.conf" "$W/policy.away"
    sed -i '/^\[key/,$d' "$CONF/policy.conf"
    refused 'a key taken out of policy.conf' carol_git ls-remote "$bearer_url"
    cp "$W/policy.away" "$CONF/policy.conf"
    carol_git ls-remote "$bearer_url" || fail 'after it was put back'
}

# git erases a token that the server rejected; the next call gets a new one.
rejected_token() {
    before=$(requests)
    carol_git ls-remote "$repository" || fail 'with the cached token'
    [ "$(requests)" = "$before" ] || fail 'the token was not cached'
    sed -i 's/^users = alice/users = bob/' "$CONF/policy.conf"
    refused 'while the key is not hers' carol_git ls-remote "$repository"
    sed -i 's/^users = bob/users = alice/' "$CONF/policy.conf"
    carol_git ls-remote "$repository" || fail 'afterwards'
    [ "$(requests)" = $((before + 1)) ] || fail "$(($(requests) - before)) requests after the rejection"
}

# The endpoint refuses the key: git says so and asks nobody.
revoked_key() {
    as carol thrivestack-credential forget --all || fail 'forget'
    "$ISSUER" key revoke "$W/issuer" "$(cat "$W/keys/laptop.id")"
    refused 'a revoked key' carol_git ls-remote "$repository" 2>"$W/stderr"
    grep -q '403' "$W/stderr" || fail "git's user is told: $(cat "$W/stderr")"
    ! grep -q -i 'could not read' "$W/stderr" || fail 'git asked for a password'
}

no_token_in_logs() {
    no_secret_in "$W/syslog" "$W/nginx/access.log" "$W/nginx/error.log" "$W/fcgi.log" "$W/fcgi-bearer.log"
    for place in first second bearer .gitconfig; do
        ! grep -rqs eyJhbG "$W/home/carol/$place" || fail "a token in $place"
    done
}

user alice 4001 alice-password
user carol 4003 carol-password
set_up_policy
set_up_server
set_up_laptop

run_case clone_and_push clone_and_push
run_case anonymous_refused anonymous
run_case wrong_scope_refused wrong_scope
run_case other_host_gets_nothing other_host
run_case revoked_policy_refused revoked_policy
if git_knows_bearer; then
    run_case bearer bearer
else
    skip bearer 'git before 2.46 does not know it'
fi
run_case rejected_token_is_replaced rejected_token
run_case revoked_key_explained revoked_key
run_case no_token_in_logs no_token_in_logs
finish
