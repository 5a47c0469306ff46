#!/bin/sh
# `setup`: every client wired up and undone again, to the byte.
# usage: test-setup.sh PREFIX ISSUER
set -u
# shellcheck source=tests/helper/lib.sh
. "$(dirname "$0")/lib.sh"

conf_dir=$home/.config/thrivestack
conf=$conf_dir/credential.conf
gitconfig=$home/.gitconfig
docker=$home/.docker/config.json
git_key=credential.https://git.example.com.helper

setup() { clean setsid -w thrivestack-credential setup "$@"; }
git_values() { clean git config --global --get-all "$1" >"$dir/values" 2>&1; }
values_are() { git_values "$1" && [ "$(cat "$dir/values")" = "$(printf '%b' "$2")" ]; }
mode_is() { [ "$(stat -c %a "$1")" = "$2" ]; }
no_leftovers() { [ -z "$(find "$home" "$dir/etc" -name '*.thrivestack-*' 2>/dev/null)" ]; }

# remember: copies of everything, to be compared by unchanged_since.
remember() {
    rm -rf "$dir/before"
    cp -a "$home" "$dir/before"
}
restored() { diff -r "$dir/before" "$home" >"$dir/diff" 2>&1; }
fresh_home() {
    rm -rf "$home"
    mkdir -m 700 "$home"
}

# --- nothing is done without being told to
remember
run setup git git.example.com
check "without a terminal and --yes it is refused" [ "$status" = 64 ]
check "with the change shown" err_has "git config --global --add $git_key /"
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
extra=HOME=$dir/no-home
run setup --yes git git.example.com
extra=
check "no home folder: the failure" [ "$status" = 78 ]
check "no home folder: it is told that nothing was done" \
    grep -q 'nothing was changed: folder .* cannot be made' "$dir/err"
check "no home folder: nor is it called done" [ "$(grep -c Done "$dir/err")" = 0 ]

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
check "and its status says so" [ "$status" = 64 ]
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

# --- git
fresh_home
remember
run setup --yes git git.example.com
check "git: succeeds where there was nothing" [ "$status" = 0 ]
check "git: the change is told, and that it was made" \
    [ "$(sed -n '1p;$p' "$dir/err" | tr '\n' ' ')" = 'Changes: Done. ' ]
check "git: an empty value, then ours by its path" values_are "$git_key" "\n$bin/git-credential-thrivestack"
check "git: the section" grep -qx '\[host git.example.com\]' "$conf"
check "git: credential.conf is private" mode_is "$conf" 600
check "git: its folder, too" mode_is "$conf_dir" 700
cp "$gitconfig" "$dir/gitconfig"
cp "$conf" "$dir/conf.one"
run setup --yes git git.example.com
check "git: twice is once" cmp "$gitconfig" "$dir/gitconfig"
check "git: in credential.conf, too" cmp "$conf" "$dir/conf.one"
check "git: and says so" out_has 'needs no change'
run setup --yes --remove git git.example.com
check "git: undone" [ "$status" = 0 ]
check "git: and that is told" \
    [ "$(sed -n '1p;$p' "$dir/err" | tr '\n' ' ')" = 'Changes that undo it: Done. ' ]
check "git: a file that was made is gone" [ ! -e "$gitconfig" ]
check "git: credential.conf, too" [ ! -e "$conf" ]
check "git: no backups" no_leftovers
run setup --yes --remove git git.example.com
check "git: undone twice is no failure" [ "$status" = 0 ]

fresh_home
mkdir -p "$conf_dir"
chmod 700 "$conf_dir"
cat >"$gitconfig" <<'END2'
# mine
[user]
	name = Ann
[credential]
	helper = store
[credential "https://git.example.com"]
	username = ann
[alias]
	st = status ; short
END2
chmod 640 "$gitconfig"
printf '# my own\n[profile default]\nscopes = a\n\n; odd layout\n[host other.example.com]\nusername=x' >"$conf"
chmod 600 "$conf"
remember
run setup --yes git git.example.com
check "git: beside other settings" [ "$status" = 0 ]
check "git: credential-store is pointed out" out_has 'credential.helper = store'
check "git: the file's mode stays" mode_is "$gitconfig" 640
check "git: a backup as it was" cmp "$gitconfig.thrivestack-backup" "$dir/before/.gitconfig"
check "git: of credential.conf, too" \
    cmp "$conf.thrivestack-backup" "$dir/before/.config/thrivestack/credential.conf"
printf 'protocol=https\nhost=git.example.com\nusername=alice\npassword=secret-word\n\n' |
    clean git credential approve 2>/dev/null
check "git: credential-store gets nothing of this host" \
    [ "$(grep -cs secret-word "$home/.git-credentials")" = '' ]
rm -f "$home/.git-credentials"
run setup --yes git other.example.com
check "git: a second host, which has its section" [ "$(grep -c '^\[host other' "$conf")" = 1 ]
check "git: the backup is not overwritten" cmp "$gitconfig.thrivestack-backup" "$dir/before/.gitconfig"
run setup --yes --remove git git.example.com
check "git: the second host stays" values_are credential.https://other.example.com.helper \
    "\n$bin/git-credential-thrivestack"
run setup --yes --remove git other.example.com
check "git: all files are as they were, no backup left" restored

run setup --yes git git.example.com/team
check "git: a path" values_are credential.https://git.example.com/team.helper \
    "\n$bin/git-credential-thrivestack"
check "git: and git is told to send paths" \
    values_are credential.https://git.example.com/team.useHttpPath true
check "git: the section has the path" grep -qx '\[host git.example.com/team\]' "$conf"
run setup --yes --remove git git.example.com/team
check "git: the path is undone" restored

# What the user had there before stays: an empty value, another helper.
printf '[credential "https://git.example.com"]\n\thelper = mine\n\thelper = \n' >"$gitconfig"
remember
run setup --yes git git.example.com
check "git: an empty value that is there is used" \
    values_are "$git_key" "mine\n\n$bin/git-credential-thrivestack"
run setup --yes --remove git git.example.com
check "git: and stays" restored

ln -s "$home/.gitconfig.real" "$dir/link"
mv "$gitconfig" "$home/.gitconfig.real"
mv "$dir/link" "$gitconfig"
run setup --yes git git.example.com
check "git: a symbolic link stays one" [ -L "$gitconfig" ]
run setup --yes --remove git git.example.com
check "git: after removal, too" [ -L "$gitconfig" ]

# An edit since then is nobody's to undo.
run setup --yes git new.example.com
sed -i 's/^\[host new.example.com\]$/&\nusername = zoe/' "$conf"
run setup --yes --remove git new.example.com
check "git: a section that the user has filled stays" grep -qx 'username = zoe' "$conf"
run clean thrivestack-credential status
check "git: and is sound" [ "$status" = 0 ]

fresh_home
: >"$dir/my conf"
run clean setsid -w thrivestack-credential --config "$dir/my conf" setup --yes git git.example.com
check "git: --config is passed on" \
    values_are "$git_key" "\n$bin/git-credential-thrivestack --config '$dir/my conf'"
check "git: and is the file that gets the section" grep -q 'host git.example.com' "$dir/my conf"
run clean setsid -w thrivestack-credential --config "$dir/my conf" setup --yes --remove git git.example.com
check "git: undone" [ ! -s "$dir/my conf" ]
run setup --yes --profile work git git.example.com
refused "git: a profile that there is not" 78
mkdir -p "$conf_dir"
printf '[profile work]\nscopes = a\n' >"$conf"
remember
run setup --yes --profile work git git.example.com
check "git: --profile goes into the section" grep -qx 'profile = work' "$conf"
run clean thrivestack-credential status
check "git: which is sound" [ "$status" = 0 ]
run setup --yes --remove git git.example.com
check "git: --profile undone" restored

# git's own file cannot be written, credential.conf can.
fresh_home
ln -s "$home/.gitconfig.real" "$gitconfig"
mkdir "$home/.gitconfig.real.lock"
: >"$home/.gitconfig.real"
run setup --yes git git.example.com
check "git: a change half made fails" [ "$status" = 78 ]
check "git: and says how far it came" err_has 'only 1 of 3 changes made'

# Root with a user's HOME is not told to take their files away from them.
if [ "$(id -u)" = 0 ]; then
    for file in "$gitconfig" "$conf"; do
        fresh_home
        mkdir -p "$conf_dir"
        : >"$file"
        chown -R 65534 "$home"
        run setup --yes git git.example.com
        refused_saying "root in a user's home, ${file##*/}" 78 \
            "run this as that user (sudo -u '#65534'), or set HOME"
        check "and is not told to chown" [ "$(grep -c chown "$dir/err")" = 0 ]
        chown 0 "$home"
        run setup --yes git git.example.com
        refused_saying "a user's file in root's home, ${file##*/}" 78 "chown root $file"
    done
fi

# --- docker
fresh_home
run setup --yes docker registry.example.com:5000
check "docker: succeeds where there was nothing" [ "$status" = 0 ]
helper_of() { [ "$(jq -r --arg host "$2" '.credHelpers[$host]' "$1")" = "$3" ]; }
check "docker: the helper" helper_of "$docker" registry.example.com:5000 thrivestack
check "docker: the file is private" mode_is "$docker" 600
check "docker: the section" grep -qx '\[host registry.example.com:5000\]' "$conf"
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
check "docker: Docker Hub by its one name" grep -qx '\[host docker.io\]' "$conf"
check "docker: and docker's own" helper_of "$docker" https://index.docker.io/v1/ thrivestack
check "docker: podman's" helper_of "$home/.config/containers/auth.json" docker.io thrivestack
run setup --yes --remove docker docker.io
check "docker: undone" restored
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
check "a section that docker needs stays" grep -qx '\[host both.example.com\]' "$conf"
run setup --yes --remove docker both.example.com
check "and goes with the last" [ ! -e "$conf" ]

# --- ssh
run setup --yes ssh build.example.com
check "ssh: succeeds" [ "$status" = 0 ]
check "ssh: askpass" grep -qx 'askpass = yes' "$conf"
check "ssh: tells the variables" out_has "export SSH_ASKPASS=$bin/thrivestack-askpass"
check "ssh: both" out_has 'export SSH_ASKPASS_REQUIRE=force'
grep -v '^#' "$dir/out" >"$dir/profile"
check "ssh: what it prints can be sourced" sh -eu "$dir/profile"
run setup --yes ssh build.example.com
check "ssh: twice is once" [ "$(grep -c askpass "$conf")" = 1 ]
run setup --yes --remove ssh build.example.com
check "ssh: undone" [ ! -e "$conf" ]
mkdir -p "$conf_dir"
printf '[host build.example.com]\nusername = ann\n[host no.example.com]\naskpass = no\n[host *.wild.example]\nusername = w\n' >"$conf"
remember
run setup --yes ssh build.example.com
check "ssh: into the section that is there" \
    [ "$(sed -n '3p' "$conf")" = 'askpass = yes' ]
run setup --yes --remove ssh build.example.com
check "ssh: and out of it" restored
run setup --yes ssh no.example.com
refused "ssh: a no that was written is not overruled" 78
run setup --yes ssh a.wild.example
refused "ssh: a wildcard's settings are not hidden" 78
check "ssh: nothing changed" restored
echo '[colour red]' >>"$conf"
run setup --yes git git.example.com
refused "a broken configuration" 78

# --- sudo
fresh_home
in_etc() {
    unshare -m --propagation private sh -c '
        mount --bind "$1" /etc || exit 99
        shift
        exec "$@"' sh "$dir/etc" "$@"
}
sudo_setup() { in_etc env -i HOME="$home" PATH="$bin:/usr/bin:/bin" \
    ASAN_OPTIONS="${ASAN_OPTIONS-}" setsid -w thrivestack-credential setup "$@"; }
mkdir "$dir/etc"
cp /etc/passwd /etc/group /etc/nsswitch.conf "$dir/etc"
if [ "$(id -u)" = 0 ] && in_etc true; then
    run sudo_setup --yes sudo
    check "sudo: as root" [ "$status" = 0 ]
    check "sudo: the line" grep -qx "Path askpass $bin/thrivestack-sudo-askpass" "$dir/etc/sudo.conf"
    check "sudo: readable" mode_is "$dir/etc/sudo.conf" 644
    run sudo_setup --yes sudo
    check "sudo: twice is once" [ "$(grep -c '^Path' "$dir/etc/sudo.conf")" = 1 ]
    run sudo_setup --yes --remove sudo
    check "sudo: undone" [ ! -e "$dir/etc/sudo.conf" ]
    printf '# mine\nSet disable_coredump false' >"$dir/etc/sudo.conf"
    cp "$dir/etc/sudo.conf" "$dir/sudo.conf"
    run sudo_setup --yes sudo
    check "sudo: a backup" cmp "$dir/etc/sudo.conf.thrivestack-backup" "$dir/sudo.conf"
    run sudo_setup --yes --remove sudo
    check "sudo: as it was" cmp "$dir/etc/sudo.conf" "$dir/sudo.conf"
    check "sudo: no backup left" no_leftovers
    printf '\nPath  askpass /usr/bin/ssh-askpass\n' >>"$dir/etc/sudo.conf"
    run sudo_setup --yes sudo
    refused "sudo: another askpass is not replaced" 78
    mv "$dir/etc/sudo.conf" "$dir/etc/real.conf"
    ln -s real.conf "$dir/etc/sudo.conf"
    run sudo_setup --yes sudo
    refused "sudo: a symbolic link" 78
    run nobody env -i PATH="$bin:/usr/bin:/bin" HOME=/nonexistent thrivestack-credential setup sudo
    check "sudo: for others, the line for their profile" \
        out_has "export SUDO_ASKPASS=$bin/thrivestack-sudo-askpass"
fi
finish
