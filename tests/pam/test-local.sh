#!/bin/sh
# source = local with a stand-in for the helper: how it is run, and what comes of its answers.
# Usage: sh test-local.sh PREFIX ISSUER BUILD
set -u
# shellcheck source=tests/pam/lib.sh
. "$(dirname "$0")/lib.sh"
make_site
# shellcheck source=tests/pam/drive.sh
. "$(dirname "$0")/drive.sh"

# The helper runs twice: as the user, to write the key to a pipe, and as nobody, to ask with it.
make_helper() {
    { echo '#!/bin/sh'; cat; } >"$state/helper"
    chmod 755 "$state/helper"
}
witness=$scratch/witness
mkdir -m 777 "$witness"
chmod 777 "$witness"
sign "$witness/jwt" --aud user_management --aud telemetry_apis
make_helper <<END
{
    printf '%s\n' "\$*"
    echo "cwd \$(pwd)"
    echo "uid \$(id -u) gid \$(id -g)"
    echo "groups \$(id -G | tr ' ' '\n' | sort -n | tr '\n' ' ')"
    echo "descriptors \$(ls /proc/self/fd | tr '\n' ' ')"
    echo "stderr \$(readlink /proc/self/fd/2)"
    echo "stdin \$(wc -c)"
    tr '\0' '\n' </proc/self/environ
} >"$witness/\$1"
echo x >>"$witness/runs"
if [ "\$1" = key ]; then
    echo 'the key'
else
    cat <&3 >"$witness/piped"
    cat "$witness/jwt"
    echo
fi
END
# witnessed RUN WHAT: what the helper saw in that run.
witnessed() {
    sed -n "s/^$2 //p" "$witness/$1"
}
# variables RUN: the names in its environment, but for those of a shell's own.
variables() {
    sed -n 's/^\([A-Z_]*\)=.*/\1/p' "$witness/$1" | grep -v '^PWD$\|^SHLVL$\|^_$\|^OLDPWD$\|^XDG_RUNTIME_DIR$' | sort | tr '\n' ' '
}
export EVIL=1 LD_PRELOAD_NOT=1 HTTPS_PROXY=http://evil/
local_run() {
    name=$1
    shift
    drive "$name" --ruid "$uid" --ruser $user "$@"
}
local_run 'local' sudo $user "$scratch/pam.d" authenticate setcred env
has 'local: succeeds' 'authenticate PAM_SUCCESS'
has 'local: setcred' 'setcred PAM_SUCCESS'
has_not 'local: nobody is prompted' '^prompt'
is 'local: the arguments, for the key' "$(sed -n 1p "$witness/key")" 'key export'
is 'local: the arguments, for the token' "$(sed -n 1p "$witness/token" | tr ' ' '\n' | sort | tr '\n' ' ')" \
    '--piped-key --scope --scope telemetry_apis token user_management '
is 'local: the key crosses the pipe' "$(cat "$witness/piped")" 'the key'
for run_name in key token; do
    is "local: the folder of $run_name" "$(witnessed $run_name cwd)" /
    is "local: nothing of the caller's environment in $run_name" "$(grep -c 'EVIL\|evil\|LD_' "$witness/$run_name")" 0
    is "local: stderr of $run_name" "$(witnessed $run_name stderr)" /dev/null
    is "local: stdin of $run_name is empty" "$(witnessed $run_name stdin)" 0
done
is 'local: who passes the key on' "$(witnessed key uid)" "$uid gid $(id -g $user)"
is 'local: their groups' "$(witnessed key groups)" "$(id -G $user | tr ' ' '\n' | sort -n | tr '\n' ' ')"
is 'local: their environment' "$(variables key)" 'HOME LOGNAME PATH SHELL USER '
is 'local: their descriptors' "$(witnessed key descriptors)" '0 1 2 3 '
is 'local: who asks' "$(witnessed token uid)" "$(id -u nobody) gid $(id -g nobody)"
is 'local: the groups of who asks' "$(witnessed token groups)" "$(id -g nobody) "
is 'local: the environment of who asks' "$(variables token)" 'HOME PATH '
is 'local: the home of who asks is root'\''s' "$(sed -n 's/^HOME=//p' "$witness/token")" /
is 'local: the descriptors of who asks' "$(witnessed token descriptors)" '0 1 2 3 4 '

refused() {
    name=$1
    shift
    rm -f "$witness/runs"
    drive "$name" "$@"
    has "local: $name" 'authenticate PAM_AUTH_ERR'
    has "local: $name, the reason" 'log notice .*reason=local_helper'
    [ ! -e "$witness/runs" ] && ok "local: $name, nothing runs" || bad "local: $name" 'the helper ran'
}
refused 'no setuid program' --ruser $user su $user "$scratch/pam.d" authenticate
refused 'another host' --ruid "$uid" --ruser $user --rhost 192.0.2.7 su $user "$scratch/pam.d" authenticate
refused 'another host without a name' --ruid "$uid" --ruser $user --rhost '' su $user "$scratch/pam.d" authenticate
refused 'no PAM_RUSER' --ruid "$uid" su $user "$scratch/pam.d" authenticate
refused 'PAM_RUSER is another' --ruid "$uid" --ruser bin su $user "$scratch/pam.d" authenticate
refused 'PAM_RUSER is root' --ruid "$uid" --ruser root su $user "$scratch/pam.d" authenticate
refused 'PAM_RUSER is nobody known' --ruid "$uid" --ruser no-such-user su $user "$scratch/pam.d" authenticate

rm -f "$witness/runs"
make_helper <<END
[ "\$1" = key ] && exec echo 'the key'
echo x >>"$witness/runs"
exit 77
END
local_run 'refused' su $user "$scratch/pam.d" authenticate authenticate authenticate
is 'local: denied three times' "$(grep -c '^authenticate PAM_AUTH_ERR' "$scratch/out")" 3
is 'local: but asked once' "$(wc -l <"$witness/runs")" 1
has 'local: the log says why' 'log notice .*status 77: ThriveStack refused'
sign "$scratch/both" --aud user_management --aud telemetry_apis
local_run 'then prompt' --answer "$scratch/both" sudo $user "$scratch/pam.d" authenticate
has 'local: yields none, then the prompt' 'authenticate PAM_SUCCESS'
has 'local: yields none, the prompt comes, and says why' \
    'prompt No token from this machine: the helper failed with status 77: ThriveStack refused .*\\nThriveStack token: $'

"$issuer" sign "$scratch/keys/stranger.key" --id good --aud user_management --aud telemetry_apis >"$witness/jwt"
make_helper <<END
[ "\$1" = key ] && exec echo 'the key'
echo "\$*" >"$witness/arguments"
cat "$witness/jwt"
END
local_run 'forged' --answer "$scratch/both" sudo $user "$scratch/pam.d" authenticate authenticate
is 'local: a denial is final, the next time too' "$(grep -c '^authenticate PAM_AUTH_ERR' "$scratch/out")" 2
has_not 'local: a denial is not followed by a prompt' '^prompt'

# A token that was used before is a denial like any other.
sed -i '/^\[service sudo]/a single_use = yes' "$scratch/etc/policy.conf"
cp "$scratch/both" "$witness/jwt"
local_run 'replayed' --answer "$scratch/both" sudo $user "$scratch/pam.d" authenticate
local_run 'replayed' --answer "$scratch/both" sudo $user "$scratch/pam.d" authenticate authenticate
has 'local: a token that was used before' 'log notice .*reason=replayed'
is 'local: single_use asks for a token of its own' "$(cut -d ' ' -f 1-3 "$witness/arguments")" 'token --piped-key --fresh'
is 'local: it is a denial, and final' "$(grep -c '^authenticate PAM_AUTH_ERR' "$scratch/out")" 2
has_not 'local: it is not followed by a prompt' '^prompt'
sed -i '/^.service sudo/,/^scopes/{/^single_use/d}' "$scratch/etc/policy.conf"
sed -i 's/^source = local$/source = prompt local/' "$scratch/etc/policy.conf"
echo >"$scratch/newline"
local_run 'prompt first' --answer "$scratch/newline" su $user "$scratch/pam.d" authenticate
has 'local: after an empty answer' 'authenticate PAM_SUCCESS'
sed -i 's/^source = prompt local$/source = local/' "$scratch/etc/policy.conf"

make_helper <<END
[ "\$1" = key ] && exec echo 'the key'
head -c 100000 /dev/zero | tr '\0' a
END
local_run 'too much' su $user "$scratch/pam.d" authenticate
has 'local: too long an answer' 'authenticate PAM_AUTH_ERR'
rm "$state/helper"
local_run 'no helper' su $user "$scratch/pam.d" authenticate
has 'local: no helper' 'authenticate PAM_AUTH_ERR'
make_helper <<END
echo \$\$ >"$witness/pid"
exec sleep 1000
END
start=$(date +%s)
local_run 'hangs' su $user "$scratch/pam.d" authenticate
has 'local: a helper that hangs' 'authenticate PAM_AUTH_ERR'
took=$(($(date +%s) - start))
is "local: it took $took s, the deadline is 10" "$((took >= 9 && took <= 14))" 1
# Killed it is at once; whoever inherits it may take a moment to reap it.
case $(ps -o stat= -p "$(cat "$witness/pid")") in
'' | Z*) ok 'local: it is gone' ;;
*) bad 'local: hangs' 'it lives' ;;
esac
rm -f "$state/helper"
finish
