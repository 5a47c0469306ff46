# shellcheck shell=sh disable=SC2034 # The callers use what looks unused.
# Sourced by tests/e2e/test-*.sh: real programs against the installed product, as root.
#
#     . "$(dirname "$0")/lib.sh"
#     e2e_enter "$@"          # from here on everything runs apart from the host
#     run_case name function  # prints `ok name` or `not ok name: why`
#     finish                  # the closing line and the exit status
#
# A script runs again in namespaces of its own: mounts (its own /etc, /run, /var/log, /dev/log),
# processes (all of them end with the script), network (loopback alone, so that fixed ports are free
# and nothing can leave the machine). The host sees a scratch folder under /tmp, and
# that is removed. Inside, these are set:
#
#     W          the scratch folder, root's, 0755
#     PREFIX     where the product is installed: a copy is mounted there
#     BIN        PREFIX/bin, CONF is PREFIX/etc/thrivestack, MODULE the module's path
#     ISSUER     a copy of the issuer; its folder is $W/issuer, its CA for all to read $W/ca.pem
#     SOURCE     a copy of tests/e2e, SAMPLES one of the sample stacks
#     TREE       a copy of the whole tree, for a script that sets want_tree=yes before it enters
umask 022
LC_ALL=C
export LC_ALL

# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"

# ---- cases

# fail WHY: ends the case.
fail() {
    printf '%s\n' "$*" >"$W/why"
    exit 1
}

# die WHY: the script cannot go on.
die() {
    bad set_up "$*"
    [ -z "${W:-}" ] || tail -n 5 "$W"/*.log "$W"/nginx/*.log 2>/dev/null | hide_tokens | sed 's/^/    | /'
    finish
}

# run_case NAME FUNCTION [ARGUMENT]...: the function runs in a subshell; it calls `fail`, or succeeds.
run_case() {
    name=$1
    shift
    : >"$W/why"
    log_from=$(wc -c <"$W/syslog")
    if ("$@") >"$W/case.log" 2>&1 </dev/null && [ ! -s "$W/why" ]; then
        ok "$name"
        return 0
    fi
    [ -s "$W/why" ] || echo 'it failed without saying why' >"$W/why"
    bad "$name" "$(head -n 1 "$W/why")"
    { tail -n 15 "$W/case.log" && new_log | tail -n 15; } | hide_tokens | sed 's/^/    | /'
}

# Tokens end up in no log, not even in that of a test which failed.
hide_tokens() {
    sed 's/eyJ[A-Za-z0-9_.-]*/<token>/g'
}

# expect WANTED WHAT COMMAND...: the command succeeds and prints exactly that.
expect() {
    wanted=$1
    what=$2
    shift 2
    got=$("$@") || fail "$what: status $?"
    [ "$got" = "$wanted" ] || fail "$what: '$(printf '%s' "$got" | hide_tokens)' instead of '$wanted'"
}

# refused WHAT COMMAND...: the command fails by itself, and not because a test is wrong or it hangs.
refused() {
    what=$1
    shift
    status=0
    "$@" || status=$?
    case $status in
    0) fail "$what: was let in" ;;
    124 | 126 | 127) fail "$what: could not be tried (status $status)" ;;
    esac
}

# ---- the log of PAM modules and servers

# What was logged since the case began.
new_log() {
    tail -c "+$((log_from + 1))" "$W/syslog"
}

log_has() {
    new_log | grep -Eq -- "$1"
}

# logged PATTERN: a line of the log since the case began matches. syslog(3) is asynchronous.
logged() {
    await 5 log_has "$1" || fail "the log has no line with '$1'"
}

# no_secret_in FILE...: neither the beginning of a token (as it is, or behind `alice:` in base64), nor
# any part of one, nor a private key. A host key's fingerprint may well hold `eyJ` alone.
no_secret_in() {
    for file in "$@"; do
        [ -e "$file" ] || fail "${file##*/} is not there"
        ! grep -aEq 'eyJhbG|ZXlKaGJH|PRIVATE KEY|[A-Za-z0-9_-]{100}' "$file" || fail "a secret in ${file##*/}"
    done
}

# ---- leaving the host

e2e_cleanup() {
    [ -z "$inside_pid" ] || kill -KILL "$inside_pid" 2>/dev/null || :
    [ -z "$inside_pid" ] || wait "$inside_pid" 2>/dev/null || :
    remove_groups
    rm -rf "$W"
}

# Control groups that a script has made, and listed: no namespace takes them along.
remove_groups() {
    [ -e "$W/groups" ] || return 0
    while read -r group; do
        await 5 group_is_gone "$group" || echo "$group is left" >&2
    done <"$W/groups"
}

# The last process in a group may still be on its way out.
group_is_gone() {
    [ ! -d "$1" ] || find "$1" -depth -type d -exec rmdir {} \; 2>/dev/null
    [ ! -d "$1" ]
}

# e2e_enter PREFIX ISSUER BUILDDIR: starts the script again inside, or goes on there.
e2e_enter() {
    if [ -n "${THRIVESTACK_E2E_SCRATCH:-}" ]; then
        W=$THRIVESTACK_E2E_SCRATCH
        unset THRIVESTACK_E2E_SCRATCH
        e2e_set_up "$@"
        return 0
    fi
    is_root || skip_rest "$(basename "$0" .sh)" 'only root can mount and start servers'
    can_leave_host || skip_rest "$(basename "$0" .sh)" 'no namespaces of its own can be had here'
    e2e_run_inside "$@"
}

e2e_run_inside() {
    W=$(mktemp -d /tmp/thrivestack-e2e.XXXXXX) || exit 1
    chmod 755 "$W"
    inside_pid=
    trap e2e_cleanup EXIT
    trap 'exit 143' TERM INT HUP
    THRIVESTACK_E2E_SCRATCH=$W setsid -w unshare --mount --net --pid --fork --kill-child \
        --mount-proc --propagation private sh "$0" "$@" &
    inside_pid=$!
    status=0
    wait "$inside_pid" || status=$?
    inside_pid=
    exit "$status"
}

# ---- inside

e2e_set_up() {
    BIN=$1/bin
    CONF=$1/etc/thrivestack
    ISSUER=$W/bin/thrivestack-issuer
    SOURCE=$W/source
    SAMPLES=$W/packaging/examples/pam.d
    TREE=$W/tree
    mkdir "$W/bin" "$W/home" "$W/policy"
    cp "$2" "$ISSUER" && cp -r "$(dirname "$0")" "$SOURCE" &&
        cp -r "$(dirname "$0")/../../packaging" "$W/packaging" || die 'the sources cannot be copied'
    [ -z "${want_tree:-}" ] || copy_sources "$(dirname "$0")/../.." || die 'the tree cannot be copied'
    mount_product "$1" || die 'the product cannot be mounted'
    mount_system || die "the system's files cannot be mounted"
    ip link set lo up || die 'no loopback'
    start_syslog || die 'no listener at /dev/log'
    PREFIX=$1
    MODULE=$(find "$PREFIX" -name pam_thrivestack.so)
    [ -n "$MODULE" ] && [ -x "$BIN/thrivestack-credential" ] ||
        die "the product is not installed below $PREFIX"
}

# copy_sources ROOT: what belongs to the project, without what was built.
copy_sources() (
    # shellcheck source=packaging/common.sh
    cd "$1" && . packaging/common.sh && copy_tree "$TREE" && chown -R root:root "$TREE"
)

# Whether everyone may pass through a folder and nobody but root may change it.
is_trusted_folder() {
    # shellcheck disable=SC2046 # Two words are wanted.
    set -- $(stat -c '%u %a' "$1")
    case $2 in
    1??? | *[0145][15]) [ "$1" = 0 ] ;;
    *) false ;;
    esac
}

# mount_product PREFIX: mounts a copy of the product, root's, in the place that is compiled into it.
# Where a folder on the way there is not root's or closed to others, an empty one hides it.
mount_product() {
    cp -a "$1" "$W/prefix" && chown -R root:root "$W/prefix" &&
        find "$W/prefix" ! -type l ! -perm 0711 -exec chmod a+rX,go-w {} + || return 1
    folder=
    for part in $(dirname "$1" | tr / ' '); do
        folder=$folder/$part
        [ -d "$folder" ] && is_trusted_folder "$folder" && continue
        [ -d "$folder" ] || break
        mount -t tmpfs -o mode=755 none "$folder" || return 1
        break
    done
    mkdir -p "$1" "$W/prefix/etc/thrivestack/keys" "$W/prefix/run" && mount --bind "$W/prefix" "$1"
}

# /etc, run-time files, logs and /dev of our own. All of /etc, because a mount over a single file is
# gone as soon as somebody outside renames another over it, as useradd does with /etc/passwd.
mount_system() {
    mkdir -m 700 "$W/home/root"
    mkdir "$W/run" "$W/run/sshd" "$W/run/lock" "$W/log" "$W/dev"
    for file in "$W/log/wtmp" "$W/log/btmp" "$W/log/lastlog" "$W/run/utmp"; do
        : >"$file"
    done
    cp -a /etc "$W/etc" && set_up_etc "$W/etc" && mount --bind "$W/etc" /etc &&
        mount --bind "$W/run" /run && mount --bind "$W/log" /var/log && mount_dev
}

# set_up_etc FOLDER: no users of ours yet, root at home here, no delay after a failure, no lookups.
set_up_etc() {
    sed -i '/^\(alice\|bob\|carol\):/d' "$1/passwd" "$1/shadow" "$1/group"
    sed -i "s|^\(root:[^:]*:0:0:[^:]*:\).*|\1$W/home/root:/bin/sh|" "$1/passwd"
    sed -i '/^FAIL_DELAY/d' "$1/login.defs"
    echo 'FAIL_DELAY 0' >>"$1/login.defs"
    printf '127.0.0.1 localhost %s\n' "$(uname -n)" >"$1/hosts"
    printf 'root ALL=(ALL:ALL) ALL\nDefaults lecture=never, timestamp_timeout=0\n' >"$1/sudoers"
    chmod 440 "$1/sudoers"
}

# /dev/log would be the host's own, so /dev is one that binds only what programs need.
mount_dev() {
    for node in null zero full random urandom tty; do
        : >"$W/dev/$node" && mount --bind "/dev/$node" "$W/dev/$node" || return 1
    done
    mkdir "$W/dev/pts" "$W/dev/shm"
    mount -t devpts -o ptmxmode=666,mode=620,gid=5 none "$W/dev/pts" &&
        mount -t tmpfs none "$W/dev/shm" || return 1
    ln -s pts/ptmx "$W/dev/ptmx"
    ln -s /proc/self/fd "$W/dev/fd"
    ln -s fd/0 "$W/dev/stdin"
    ln -s fd/1 "$W/dev/stdout"
    ln -s fd/2 "$W/dev/stderr"
    mount --rbind "$W/dev" /dev
}

# Perl is in every Debian; what syslog(3) sends comes here.
start_syslog() {
    perl -MSocket -e 'socket(S, PF_UNIX, SOCK_DGRAM, 0) && bind(S, sockaddr_un("/dev/log")) or die;
        chmod 0666, "/dev/log"; open(L, ">>", $ARGV[0]) or die; L->autoflush(1);
        while (defined recv(S, $m, 65535, 0)) { $m =~ s/[\0\n]+$//; print L "$m\n" }' \
        -MIO::Handle "$W/syslog" &
    await 5 test -e "$W/syslog" || return 1
}

# ---- people

# user NAME UID PASSWORD: an account with a home folder below $W.
user() {
    hash=$(openssl passwd -6 "$3")
    echo "$1:x:$2:$2::$W/home/$1:/bin/sh" >>/etc/passwd
    echo "$1:x:$2:" >>/etc/group
    echo "$1:$hash:19000:0:99999:7:::" >>/etc/shadow
    mkdir -p "$W/home/$1"
    chown "$2:$2" "$W/home/$1"
    chmod 700 "$W/home/$1"
}

# serve_as USER COMMAND...: with that user's ids and groups and a plain environment.
serve_as() {
    who=$1
    shift
    setpriv --reuid "$who" --regid "$who" --init-groups env -i HOME="$W/home/$who" USER="$who" \
        LOGNAME="$who" SHELL=/bin/sh LC_ALL=C PATH="$BIN:/usr/local/bin:/usr/bin:/bin" "$@"
}

# as USER COMMAND...: the same for a client, which has a minute.
as() {
    as_user=$1
    shift
    serve_as "$as_user" timeout 60 "$@"
}

# give USER FILE: makes a file, and what is above it in the user's home, the user's own and private.
give() {
    chown -R "$1:$1" "$W/home/$1"
    chmod 600 "$2"
}

# The folder of PAM modules with ours in it, as a package puts it there: stacks name the module without a
# folder.
install_module() {
    modules=$(dirname "$(find /usr/lib /lib -name pam_permit.so | head -n 1)")
    cp -a "$modules" "$W/modules" && cp "$MODULE" "$W/modules/" && mount --bind "$W/modules" "$modules" ||
        die 'the module cannot be put beside the others'
}

# ---- keys, policies and the issuer

issuer_url=https://localhost:8700/api/user/token

start_issuer() {
    "$ISSUER" init "$W/issuer" && cp "$W/issuer/ca.pem" "$W/ca.pem" || die 'no folder for the issuer'
    issuer=$ISSUER scratch=$W
    serve_issuer "$W/issuer" issuer --port 8700
}

# Requests that the endpoint has seen.
requests() {
    if [ -e "$W/issuer/requests.log" ]; then
        wc -l <"$W/issuer/requests.log"
    else
        echo 0
    fi
}

# api_key NAME [options of `key new`]: makes $W/keys/NAME (the download), trusts its public half as
# CONF/keys/NAME.pem, and sets key_id.
api_key() {
    mkdir -p "$W/keys"
    chmod 700 "$W/keys"
    key_name=$1
    shift
    key_id=$("$ISSUER" key new "$W/issuer" --out "$W/keys/$key_name" "$@") ||
        die "no API key $key_name"
    cp "$W/keys/$key_name.pub.pem" "$CONF/keys/$key_name.pem"
    chmod 644 "$CONF/keys/$key_name.pem"
    echo "$key_id" >"$W/keys/$key_name.id"
}

# key_section NAME USERS [LINE]...: a [key] section for policy.conf; lines given come last.
key_section() {
    printf '[key %s]\npublic_key = %s/keys/%s.pem\nusers = %s\n' "$(cat "$W/keys/$1.id")" "$CONF" "$1" "$2"
    shift 2
    [ $# -gt 0 ] || set -- 'services = *' 'scopes = user_management telemetry_apis'
    printf '%s\n' "$@" ''
}

# alice_with_key: alice has the key `alices`, which every service accepts, and bob has none; both have passwords.
alice_with_key() {
    start_issuer
    api_key alices
    {
        printf '[service *]\nscopes = user_management\n\n'
        key_section alices alice
    } >"$CONF/policy.conf"
    user alice 4001 alice-password
    user bob 4002 bob-password
}

# sign NAME [options of `sign`]: a token of that key; scope user_management where none is named.
sign() {
    sign_key=$W/keys/$1
    shift
    case " $* " in *' --aud '*) ;; *) set -- "$@" --aud user_management ;; esac
    "$ISSUER" sign "$sign_key" "$@"
}

# install_key USER NAME [LINE]...: gives the user the key and a credential.conf with those lines
# after the default profile.
install_key() {
    folder=$W/home/$1/.config/thrivestack
    mkdir -p "$folder"
    cp "$W/keys/$2" "$folder/key.json"
    owner=$1
    shift 2
    {
        printf '[profile default]\nscopes = user_management\ntoken_url = %s\nca_file = %s\n' "$issuer_url" "$W/ca.pem"
        [ $# -eq 0 ] || printf '%s\n' "$@"
    } >"$folder/credential.conf"
    give "$owner" "$folder/key.json"
}

# stack SERVICE: the PAM stack from stdin, with @MODULE@ for the module.
stack() {
    sed "s|@MODULE@|$MODULE|g" >"/etc/pam.d/$1"
}

port_is_open() {
    [ -n "$(ss -Hltn "sport = :$1")" ]
}

# ---- nginx, whose worker runs the module as www-data

# start_nginx: servers from stdin; @AUTH_PAM SERVICE@ makes a location ask for that PAM service.
start_nginx() {
    mkdir "$W/nginx"
    {
        cat <<END
load_module /usr/lib/nginx/modules/ngx_http_auth_pam_module.so;
user www-data;
daemon off;
pid $W/nginx/pid;
error_log $W/nginx/error.log warn;
events { }
http {
    access_log $W/nginx/access.log;
    client_body_temp_path $W/nginx/body;
    proxy_temp_path $W/nginx/proxy;
    fastcgi_temp_path $W/nginx/fastcgi;
    uwsgi_temp_path $W/nginx/uwsgi;
    scgi_temp_path $W/nginx/scgi;
    client_max_body_size 0;
    ssl_certificate $W/issuer/server.pem;
    ssl_certificate_key $W/issuer/server.key;
END
        sed 's/@AUTH_PAM \(.*\)@/auth_pam "\1"; auth_pam_service_name "\1";/'
        echo '}'
    } >"$W/nginx/nginx.conf"
    nginx -c "$W/nginx/nginx.conf" -e "$W/nginx/error.log" &
}
