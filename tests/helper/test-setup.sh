#!/bin/sh
# `setup`: every client wired up and undone again, to the byte.
# usage: test-setup.sh PREFIX ISSUER
set -u
# shellcheck source=tests/helper/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/helper/setup.sh
. "$(dirname "$0")/setup.sh"

# --- nothing is done without being told to
remember
run setup git git.example.com
check "without a terminal and --yes it is refused" [ "$status" = 64 ]
check "with the change shown" err_has "	helper = $bin/git-credential-thrivestack"
check "under a heading" [ "$(head -n 1 "$dir/err")" = 'Changes:' ]
check "and not called done" [ "$(grep -c Done "$dir/err")" = 0 ]
check "the section, too" err_has "[host git.example.com]"
check "and nothing on standard output" [ ! -s "$dir/out" ]
check "and nothing changed" restored
for words in '' 'git' 'git a b' 'sudo a' 'subversion a' 'git *.example.com' 'git a..b' 'ssh h:22' \
    'ssh h/p' 'docker h/p'; do
    # shellcheck disable=SC2086 # Words are wanted.
    run setup --yes $words
    refused "setup $words" 64
done
check "none of which changed anything" restored
for client in git docker ssh; do
    run setup --yes "$client" alice@git.example.com
    refused_saying "setup $client with a user" 64 "leave out 'alice@'"
done
run setup --yes git http://git.example.com/team/repo.git
refused_saying "setup git with http" 64 'over https only'
extra=HOME=$dir/no-home
for client in git docker ssh; do
    run setup --yes "$client" git.example.com
    refused_saying "setup $client without a home folder" 78 'no-home does not exist'
done
check "which is not made" [ ! -e "$dir/no-home" ]
extra=
ln -s nowhere "$home/.config"
run setup --yes ssh git.example.com
rm "$home/.config"
check "no folder can be made: the failure" [ "$status" = 78 ]
check "no folder can be made: it says that nothing was done" \
    grep -q 'nothing was changed: folder .* cannot be made' "$dir/err"
check "no folder can be made: nor is it called done" [ "$(grep -c Done "$dir/err")" = 0 ]
run setup --dry-run git git.example.com
check "--dry-run succeeds" [ "$status" = 0 ]
check "--dry-run shows the changes" err_has "	helper = $bin/git-credential-thrivestack"
check "--dry-run says that it made none" [ "$(tail -n 1 "$dir/err")" = 'Nothing was changed.' ]
check "--dry-run makes none" restored
run setup --dry-run --yes git git.example.com
check "--dry-run makes none with --yes, either" restored

# on_terminal ANSWER WORD...: what a person sees is in $dir/typescript.
on_terminal() {
    answer=$1
    shift
    printf '%s\n' "$answer" >"$dir/in"
    status=0
    clean script -qec "thrivestack-credential setup $*" "$dir/typescript" <"$dir/in" \
        >"$dir/out" 2>"$dir/err" || status=$?
}
on_terminal n git git.example.com
check "on a terminal it asks" out_has 'Make this change? [y/N]'
check "no is no" restored
check "which is no failure" [ "$status" = 0 ]
check "and is said" out_has 'Nothing was changed.'
on_terminal '' git git.example.com
check "nothing is no" restored
on_terminal y git git.example.com
check "y is yes" values_are "$git_key" "\n$bin/git-credential-thrivestack"
on_terminal yes --remove git git.example.com
check "and asks before it undoes" out_has 'Make this change? [y/N]'
check "which leaves nothing behind" [ ! -e "$gitconfig" ]
for answer in Y Yes YES; do
    on_terminal "$answer" git git.example.com
    check "$answer is yes" values_are "$git_key" "\n$bin/git-credential-thrivestack"
    run setup --yes --remove git git.example.com
done
on_terminal yesterday git git.example.com
check "yesterday is no" [ ! -e "$gitconfig" ]

# Root with a user's HOME is not told to take their files away from them.
if is_root; then
    for file in "$gitconfig" "$conf"; do
        fresh_home
        mkdir -p "$conf_dir"
        : >"$file"
        chown -R 65534 "$home"
        run setup --yes git git.example.com
        refused_saying "root in a user's home, ${file##*/}" 78 \
            "run this as that user (sudo -u '#65534'), or set HOME"
        check "and is not told to chown" [ "$(grep -c chown "$dir/err")" = 0 ]
        chown -R 0 "$home"
        chown 65534 "$file"
        run setup --yes git git.example.com
        refused_saying "a user's file in root's home, ${file##*/}" 78 "chown root $file"
    done
    # Nor does root leave files of root's in a home where the user has none yet.
    for client in git docker ssh; do
        fresh_home
        chown 65534 "$home"
        remember
        run setup --yes "$client" git.example.com
        refused_saying "root in a user's empty home, $client" 78 \
            "belongs to user 65534: run this as that user (sudo -u '#65534'), or set HOME"
        check "and nothing is made there" restored
    done
else
    skip "root with a user's HOME" 'only root can do that'
fi

# --- docker
fresh_home
run setup --yes docker registry.example.com:5000
check "docker: succeeds where there was nothing" [ "$status" = 0 ]
helper_of() { [ "$(jq -r --arg host "$2" '.credHelpers[$host]' "$1")" = "$3" ]; }
check "docker: the helper" helper_of "$docker" registry.example.com:5000 thrivestack
check "docker: the file is private" mode_is "$docker" 600
check "docker: the section" \
    grep -qx '\[host registry.example.com:5000\]' "$hosts/registry.example.com_3a5000.conf"
run setup --yes --remove docker registry.example.com:5000
check "docker: a file that was made is gone" [ ! -e "$docker" ]
check "docker: no backups" no_leftovers

fresh_home
mkdir -p "$home/.docker" "$home/.config/containers" "$conf_dir"
printf '{"auths":  {"registry.example.com": {"auth": "dXNlcjpvbGQtcGFzc3dvcmQ="}},\n "big": 1.50,\n\t"credHelpers": {"ecr.example.com": "ecr-login", "old.example.com": "pass"}}' >"$docker"
printf '{}\n' >"$home/.config/containers/auth.json"
remember
run setup --yes docker registry.example.com
check "docker: beside other settings" [ "$status" = 0 ]
check "docker: the helper" helper_of "$docker" registry.example.com thrivestack
check "docker: other helpers stay" helper_of "$docker" ecr.example.com ecr-login
check "docker: passwords stay" [ "$(jq -r '.auths["registry.example.com"].auth' "$docker")" = dXNlcjpvbGQtcGFzc3dvcmQ= ]
check "docker: and are pointed out" out_has 'holds a password for registry.example.com'
check "docker: but not shown" [ "$(cat "$dir/out" "$dir/err" | grep -c dXNlcjpv)" = 0 ]
check "docker: podman's file, too" helper_of "$home/.config/containers/auth.json" registry.example.com thrivestack
cp "$docker" "$dir/config.json"
run setup --yes docker registry.example.com
check "docker: twice is once" cmp "$docker" "$dir/config.json"
run setup --yes docker old.example.com
check "docker: another helper is replaced" helper_of "$docker" old.example.com thrivestack
run setup --yes --remove docker registry.example.com
run setup --yes --remove docker old.example.com
check "docker: all files are as they were" restored
run setup --yes docker index.docker.io
check "docker: Docker Hub by its one name" grep -qx '\[host docker.io\]' "$hosts/docker.io.conf"
check "docker: and docker's own" helper_of "$docker" https://index.docker.io/v1/ thrivestack
check "docker: and the name by which podman and skopeo look there" helper_of "$docker" docker.io thrivestack
check "docker: podman's" helper_of "$home/.config/containers/auth.json" docker.io thrivestack
run setup --yes --remove docker docker.io
check "docker: undone" restored

# The backup may hold a password that the user has logged out of since.
run setup --yes docker registry.example.com
check "docker: that the file is indented anew is said" err_has 'indent the file as docker does'
jq 'del(.auths)' "$docker" >"$dir/logged-out"
cat "$dir/logged-out" >"$docker"
run setup --yes --remove docker registry.example.com
check "docker: after a logout, --remove says that it removes the backup" \
    err_has 'config.json.thrivestack-backup: remove'
check "docker: and does" no_leftovers
check "docker: so the old password is nowhere" [ -z "$(grep -r dXNlcjpvbGQtcGFzc3dvcmQ= "$home")" ]
run setup --yes docker registry.example.com
jq 'del(.credHelpers["registry.example.com"])' "$docker" >"$dir/edited"
cat "$dir/edited" >"$docker"
run setup --yes --remove docker registry.example.com
check "docker: removed by hand: the backup goes" no_leftovers

echo '{"auths": ' >"$docker"
remember
run setup --yes docker registry.example.com
refused "docker: a file that is not JSON" 78
check "docker: nothing changed" restored
echo '{"credHelpers": ["ecr-login"]}' >"$docker"
remember
run setup --yes docker registry.example.com
refused_saying "docker: helpers that are no object" 78 "credHelpers is not an object"
check "docker: nothing changed" restored
rm "$docker"
ln -s nowhere "$docker"
run setup --yes docker registry.example.com
refused_saying "docker: a symbolic link that leads nowhere" 78 "is a symbolic link that leads nowhere"
check "docker: it stays one" [ "$(readlink "$docker")" = nowhere ]
check "docker: and leads nowhere still" [ ! -e "$docker" ]

# Two clients share a section.
fresh_home
run setup --yes git both.example.com
run setup --yes docker both.example.com
run setup --yes --remove git both.example.com
check "a section that docker needs stays" grep -qx '\[host both.example.com\]' "$hosts/both.example.com.conf"
run setup --yes --remove docker both.example.com
check "and goes with the last" [ ! -e "$hosts" ]

# --- ssh
run setup --yes ssh build.example.com
check "ssh: succeeds" [ "$status" = 0 ]
check "ssh: askpass" grep -qx 'askpass = yes' "$hosts/build.example.com.conf"
check "ssh: prints the variables" out_has "export SSH_ASKPASS=$bin/thrivestack-askpass"
check "ssh: both" out_has 'export SSH_ASKPASS_REQUIRE=force'
grep -v '^#' "$dir/out" >"$dir/profile"
check "ssh: what it prints can be sourced" sh -eu "$dir/profile"
run setup --yes ssh build.example.com
check "ssh: twice is once" out_has 'needs no change'
run setup --yes git build.example.com
run setup --yes --remove ssh build.example.com
check "ssh: undone, while git needs the section" \
    [ "$(tail -n 1 "$hosts/build.example.com.conf")" = "username = $(id -un)" ]
run setup --yes --remove git build.example.com
check "ssh: undone" [ ! -e "$hosts" ]
run setup --yes ssh '[2001:db8::1]'
check "ssh: an address" grep -qFx '[host [2001:db8::1]]' "$hosts/x_5b2001_3adb8_3a_3a1_5d.conf"
run clean thrivestack-credential status
check "ssh: whose file is read" out_has '2001:db8::1'
run setup --yes --remove ssh '[2001:db8::1]'
mkdir -p "$conf_dir"
printf '[host build.example.com]\nusername = ann\n[host no.example.com]\naskpass = no\n[host *.wild.example]\nusername = w\n' >"$conf"
remember
run setup --yes ssh build.example.com
printf '%s\n' '[host build.example.com]' 'askpass = yes' >"$dir/expected"
check "ssh: beside the section that is there" \
    [ "$(sed 1d "$hosts/build.example.com.conf")" = "$(cat "$dir/expected")" ]
run clean thrivestack-credential status --json
check "ssh: both count" [ "$(jq -r '.hosts[] | select(.pattern == "build.example.com") | .username' "$dir/out")" = ann ]
run setup --yes --remove ssh build.example.com
check "ssh: undone" restored
run setup --dry-run ssh no.example.com
check "ssh: what overrules a no is shown" err_has 'askpass = yes'
run setup --yes ssh a.wild.example
refused "ssh: a wildcard's settings are not hidden" 78
check "ssh: nothing changed" restored
echo '[colour red]' >>"$conf"
run setup --yes git git.example.com
refused "a broken configuration" 78

# --- sudo
fresh_home
remember
run setup sudo
check "sudo: succeeds" [ "$status" = 0 ]
if is_root; then
    check "sudo: for root, the line for sudo.conf" out_has "Path askpass $bin/thrivestack-sudo-askpass"
    check "sudo: and where it goes" out_has /etc/sudo.conf
    run nobody env -i PATH="$bin:/usr/bin:/bin" HOME=/nonexistent thrivestack-credential setup sudo
else
    skip 'sudo: for root' 'this is not root'
fi
check "sudo: for others, the line for their profile" \
    out_has "export SUDO_ASKPASS=$bin/thrivestack-sudo-askpass"
grep -v '^#' "$dir/out" >"$dir/profile"
check "sudo: which can be sourced" sh -eu "$dir/profile"
run setup --remove sudo
check "sudo: --remove says what to remove" out_has '# Remove'
check "sudo: no file is touched" restored
finish
