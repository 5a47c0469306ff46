#!/bin/sh
# Users and groups from elsewhere: a directory that is down (the real libnss-sss, whose socket is
# there with nobody behind it), and one that takes other spellings of a name. Needs root.
# Usage: sh test-directory.sh PREFIX ISSUER BUILD
set -u
# shellcheck source=tests/pam/lib.sh
. "$(dirname "$0")/lib.sh"
make_site
can_mount || skip_rest 'users of a directory' 'nothing can be mounted here'
libnss_sss=$(find /lib /usr/lib -name 'libnss_sss.so.2' | head -n 1)

cat >"$scratch/etc/policy.conf" <<END
[service sshd]
scopes = user_management

[service sudo]
scopes = user_management

[key good]
public_key = keys/good.pem
users      = @tsops
services   = sshd
scopes     = user_management

[key named]
public_key = keys/good.pem
users      = tsadalice tslocal
services   = sudo
scopes     = user_management
END
for service in sshd sudo imap; do
    cat >"$scratch/pam.d/$service" <<END
auth [success=done user_unknown=ignore ignore=ignore default=die] $module policy=$scratch/etc/policy.conf debug
auth required pam_unix.so
END
done
echo 'auth required pam_deny.so' >"$scratch/pam.d/other"
"$issuer" sign "$scratch/keys/good.key" --id good | tr -d '\n' >"$scratch/good"
"$issuer" sign "$scratch/keys/good.key" --id named | tr -d '\n' >"$scratch/named"
printf 'correct horse' >"$scratch/password"
: >"$scratch/empty"

# The system as it is, but for a user of our own, a password that both have, and a group.
# shellcheck disable=SC2016 # It is a hash.
hash='$6$abcdefgh$'$(openssl passwd -6 -salt abcdefgh 'correct horse' | cut -d '$' -f 4)
mkdir "$scratch/system"
{ cat /etc/passwd; echo 'tslocal:x:64998:64998::/nonexistent:/bin/false'; } >"$scratch/system/passwd"
{ cat /etc/group; echo 'tsops:x:64999:tsadalice,tslocal'; } >"$scratch/system/group"
printf '%s:%s:19000:0:99999:7:::\n' root "$hash" tslocal "$hash" >"$scratch/system/shadow"
chmod 600 "$scratch/system/shadow"
grep -v '^tsops' "$scratch/system/group" >"$scratch/system/group.down"

# sources KIND: what the accounts of the next logins come from
sources() {
    kind=$1
    cp "$scratch/system/group" "$scratch/system/group.now"
    case $kind in
    down)
        echo 'passwd: files sss' && echo 'group: files sss' && echo 'shadow: files'
        cp "$scratch/system/group.down" "$scratch/system/group.now"
        ;;
    up) echo 'passwd: files' && echo 'group: files' && echo 'shadow: files' ;;
    spelling) echo 'passwd: files tsspelling' && echo 'group: files' && echo 'shadow: files' ;;
    esac >"$scratch/system/nsswitch.conf"
}

# Inside a mount namespace: /var/lib is empty but for a socket that nobody listens to.
cat >"$scratch/inside" <<'END'
system=$1 kind=$2
shift 2
for file in passwd shadow nsswitch.conf; do
    mount --bind "$system/$file" "/etc/$file" || exit 99
done
mount --bind "$system/group.now" /etc/group || exit 99
if [ "$kind" = down ]; then
    mount -t tmpfs none /var/lib && mkdir -p /var/lib/sss/pipes || exit 99
    perl -MIO::Socket::UNIX -e \
        'IO::Socket::UNIX->new(Local => "/var/lib/sss/pipes/nss", Listen => 1) or die' || exit 99
    chmod 666 /var/lib/sss/pipes/nss
fi
exec "$@"
END

# login NAME CODE REASON SERVICE USER ANSWER... [-- OPTIONS...]: the reason `-` is none, since
# another module decided.
login() {
    name=$1 code=$2 reason=$3 service=$4 who=$5
    shift 5
    options=
    while [ $# -gt 0 ] && [ "$1" != -- ]; do
        options="$options --answer $scratch/$1"
        shift
    done
    [ $# = 0 ] || shift
    # shellcheck disable=SC2086 # Lists of words are wanted here.
    LD_LIBRARY_PATH=$build/tests/pam timeout 60 unshare -m --propagation private \
        sh "$scratch/inside" "$scratch/system" "$kind" \
        "$driver" $options "$@" "$service" "$who" "$scratch/pam.d" authenticate \
        >"$scratch/out" 2>&1 </dev/null
    if ! grep -qx "authenticate $code" "$scratch/out"; then
        bad "$kind, $name" "not $code" "$scratch/out"
    elif ! grep -q "^log .* reason=$reason user=" "$scratch/out"; then
        bad "$kind, $name" "the reason is not $reason" "$scratch/out"
    else
        ok "$kind, $name"
    fi
}

sources up
login 'by token' PAM_SUCCESS ok sshd tslocal good
login 'by password, no key for the service' PAM_SUCCESS unknown_user sshd root password

# The group is the directory's, so that its look-up fails.
sources down
if [ -z "$libnss_sss" ]; then
    skip 'a directory that is down' 'libnss-sss is not installed'
else
    login 'root, by password' PAM_SUCCESS unknown_user sshd root password
    login 'root, from afar' PAM_SUCCESS unknown_user sshd root empty password -- --rhost 192.0.2.7
    login 'root, in a service that no group is for' PAM_SUCCESS unknown_user sudo root password
    login 'root, in a service without a section' PAM_SUCCESS no_service imap root password
    login 'a user, in a service without a section' PAM_SUCCESS no_service imap tslocal password
    login 'a user, in a service that no group is for' PAM_SUCCESS ok sudo tslocal named
    login 'a user, where a group decides' PAM_AUTHINFO_UNAVAIL lookup sshd tslocal good
    login 'a user of the directory' PAM_AUTHINFO_UNAVAIL lookup sudo tsadalice named
fi

sources spelling
login 'as the database has it' PAM_SUCCESS ok sudo tsadalice named
login 'in capitals' PAM_SUCCESS ok sudo TSADALICE named
login 'in capitals, by group' PAM_SUCCESS ok sshd TSADALICE good
login 'in capitals, without a token' PAM_AUTH_ERR token_empty sudo TSADALICE empty
login 'in capitals, a key for others' PAM_AUTH_ERR service sudo TSADALICE good
login 'another user in capitals' PAM_USER_UNKNOWN unknown_user sudo TSLOCAL named
finish
